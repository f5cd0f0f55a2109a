package main

import (
	"context"
	"runtime"
)

// workers is how many documents are read at once.
func workers() int { return min(runtime.GOMAXPROCS(0), 4) }

// eachInOrder answers all targets, a few at a time, and hands the answers on in
// the order of the targets, so that no more than a few wait. Once ctx has ended
// it hands on what has been answered by then and returns; what was being answered
// at that moment is not counted, since it may have suffered.
func eachInOrder(ctx context.Context, all []target, workers int, answer func(context.Context, target) result, hand func(result) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	order := make(chan chan result, workers) // one for each target that has been begun
	go func() {
		defer close(order)
		busy := make(chan struct{}, workers)
		for _, t := range all {
			answered := make(chan result, 1)
			select {
			case busy <- struct{}{}:
			case <-ctx.Done():
				return
			}
			go func() {
				defer func() { <-busy }()
				defer close(answered)
				if r := answer(ctx, t); ctx.Err() == nil {
					answered <- r
				}
			}()
			select {
			case order <- answered:
			case <-ctx.Done():
				return
			}
		}
	}()
	for answered := range order {
		var r result
		var ok bool
		select {
		case r, ok = <-answered:
		case <-ctx.Done():
			select {
			case r, ok = <-answered:
			default: // it may be waiting for a pipe, for ever
			}
		}
		if !ok {
			continue
		}
		if err := hand(r); err != nil {
			return err
		}
	}
	return nil
}
