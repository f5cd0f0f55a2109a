package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"
)

func numbered(n int) []target {
	all := make([]target, n)
	for i := range all {
		all[i].name = fmt.Sprint(i)
	}
	return all
}

func TestAnswersComeInOrderAndAFewAtATime(t *testing.T) {
	const n, workers = 300, 4
	var begun, handed, most atomic.Int64
	next := 0
	err := eachInOrder(t.Context(), numbered(n), workers, func(_ context.Context, t target) result {
		most.Store(max(most.Load(), begun.Add(1)-handed.Load()))
		time.Sleep(time.Duration(rand.IntN(300)) * time.Microsecond)
		return result{Target: t.name}
	}, func(r result) error {
		if r.Target != fmt.Sprint(next) {
			t.Errorf("%s came when %d was due", r.Target, next)
		}
		next++
		handed.Add(1)
		return nil
	})
	if err != nil || next != n {
		t.Errorf("%d answers, %v", next, err)
	}
	if most.Load() > 3*workers {
		t.Errorf("%d answers waited", most.Load())
	}
}

// What was answered before the interruption is handed on, and nothing waits for
// a target that never answers.
func TestInterruptedRunEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	stuck := make(chan struct{})
	defer close(stuck)
	var got []string
	done := make(chan error)
	go func() {
		done <- eachInOrder(ctx, numbered(20), 2, func(_ context.Context, t target) result {
			if t.name == "3" {
				<-stuck
			}
			return result{Target: t.name}
		}, func(r result) error {
			got = append(got, r.Target)
			if r.Target == "2" {
				time.AfterFunc(20*time.Millisecond, cancel)
			}
			return nil
		})
	}()
	select {
	case err := <-done:
		if err != nil || len(got) < 3 || len(got) == 20 || got[2] != "2" {
			t.Errorf("%v, %v", got, err)
		}
		for _, name := range got {
			if name == "3" {
				t.Error("the target that never answered was answered")
			}
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the run did not end")
	}
}

// An answer that was given while the run was ending may have suffered from it.
func TestAnswersOfTheInterruptionDoNotCount(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	err := eachInOrder(ctx, numbered(5), 1, func(ctx context.Context, t target) result {
		if t.name == "1" {
			cancel()
			<-ctx.Done()
		}
		return result{Target: t.name}
	}, func(r result) error {
		if r.Target != "0" {
			t.Errorf("%s was handed on", r.Target)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestRunEndsWhenNobodyReads(t *testing.T) {
	full := errors.New("no space left")
	n := 0
	err := eachInOrder(t.Context(), numbered(1000), 4, func(_ context.Context, t target) result { return result{Target: t.name} },
		func(result) error { n++; return full })
	if !errors.Is(err, full) || n != 1 {
		t.Errorf("%d, %v", n, err)
	}
}
