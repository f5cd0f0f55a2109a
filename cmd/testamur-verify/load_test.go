package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// What an overloaded service owes to whoever asks little of it (threat model T14,
// promise P17): the service runs as a process of its own on one processor, the
// attackers as another, of low priority, on the other processor.
const (
	slowClients = 500
	overload    = 3   // times what the service can do
	worseBy     = 4   // how much slower an honest client may be served, at most
	honestFolk  = 60  // clients, each of its own address
	honestPause = 300 // ms between two of their requests
)

// quiet says that nothing else is done on the machine (make load). Beside other tests
// the attackers, who take only what is left over, may not come to attack.
func quiet() bool { return os.Getenv("TESTAMUR_QUIET") != "" }

// noise is what a machine delays a process by whatever that does: a quarter of a
// second beside other tests, much less on one that is quiet (make load).
func noise() time.Duration {
	if quiet() {
		return 20 * time.Millisecond
	}
	return 250 * time.Millisecond
}

func TestHonestClientsAreServedUnderAttack(t *testing.T) {
	if role := os.Getenv("TESTAMUR_LOAD"); role != "" {
		attack(t, role)
		return
	}
	s := startService(t)

	idle := s.honest(t, 3*time.Second)
	t.Logf("idle: %s", idle)
	capacity := s.capacity(t)
	t.Logf("capacity: %.0f verifications a second", capacity)

	t.Run("SlowClients", func(t *testing.T) {
		stop := s.attack(t, fmt.Sprint("slow ", slowClients))
		time.Sleep(500 * time.Millisecond)
		got := s.honest(t, 8*time.Second) // longer than anybody may take
		said := stop()
		t.Logf("%d slow clients: %s; %s", slowClients, got, said)
		judge(t, idle, got)
		if got.refused > 0 {
			t.Errorf("%d honest requests were refused", got.refused)
		}
		var closed, open int
		if _, err := fmt.Sscanf(said, "closed %d open %d", &closed, &open); err != nil || closed < slowClients/2 {
			t.Errorf("slow clients were not sent away: %s (%v)", said, err)
		}
	})
	t.Run("FewHeavyClients", func(t *testing.T) {
		stop := s.attack(t, fmt.Sprint("heavy ", overload*capacity, " 20"))
		time.Sleep(500 * time.Millisecond)
		got := s.honest(t, 4*time.Second)
		said := stop()
		t.Logf("%d× overload by 20 addresses: %s; %s", overload, got, said)
		judge(t, idle, got)
		if got.refused > 0 {
			t.Errorf("%d honest requests were refused", got.refused)
		}
		shed(t, said, overload*capacity)
	})
	t.Run("ManyClients", func(t *testing.T) {
		stop := s.attack(t, fmt.Sprint("heavy ", overload*capacity, " 60000"))
		time.Sleep(500 * time.Millisecond)
		got := s.honest(t, 4*time.Second)
		said := stop()
		t.Logf("%d× overload by 60000 addresses: %s; %s", overload, got, said)
		judge(t, idle, got)
		shed(t, said, overload*capacity)
	})
	t.Run("Photographs", func(t *testing.T) { // which cost a thousand times as much
		stop := s.attack(t, "photos 200")
		time.Sleep(500 * time.Millisecond)
		got := s.honest(t, 4*time.Second)
		said := stop()
		t.Logf("photographs from 200 addresses: %s; %s", got, said)
		judge(t, idle, got)
		if got.refused > 0 {
			t.Errorf("%d honest requests were refused", got.refused)
		}
		shed(t, said, 0)
		var sent, served int
		var seconds float64
		if _, err := fmt.Sscanf(said, "sent %d in %f s: 200 %d", &sent, &seconds, &served); err != nil || quiet() && sent < overload*served {
			t.Errorf("%d photographs sent, %d looked at: that is no overload (%v)", sent, served, err)
		}
	})
	after := s.honest(t, 2*time.Second)
	t.Logf("afterwards: %s; resident %d MiB", after, s.resident(t)>>20)
	if after.refused > 0 || after.served == 0 {
		t.Errorf("afterwards: %s", after)
	}
	if r := s.resident(t); r > 256<<20 {
		t.Errorf("the service holds %d MiB", r>>20)
	}
}

func judge(t *testing.T, idle, got latencies) {
	t.Helper()
	if got.served == 0 {
		t.Fatal("no honest request was served")
	}
	if limit := max(worseBy*idle.p99, noise()); got.p99 > limit {
		t.Errorf("honest p99 %s, idle %s", got.p99, idle.p99)
	}
}

// shed checks that the attack was one, and what it was answered with.
func shed(t *testing.T, said string, rate float64) {
	t.Helper()
	var sent, ok, limited, busy, other int
	var seconds float64
	if _, err := fmt.Sscanf(said, "sent %d in %f s: 200 %d, 429 %d, 503 %d, other %d", &sent, &seconds, &ok, &limited, &busy, &other); err != nil {
		t.Fatalf("%q: %v", said, err)
	}
	if sent == 0 && !quiet() { // they run when nobody else wants to
		t.Logf("NOTE: beside other tests the attackers never had their turn")
		return
	}
	reached := float64(sent) / seconds
	if reached < 0.9*rate {
		t.Logf("NOTE: the attackers reached %.0f requests a second of the %.0f meant", reached, rate)
	}
	if reached >= 0.9*rate && limited+busy == 0 {
		t.Errorf("nothing was shed: %s", said)
	}
	if other > 0 {
		t.Errorf("answers beside 200, 429 and 503: %s", said)
	}
}

// served is the service as a process.
type served struct {
	addr  string
	pid   int
	token string
}

func startService(t *testing.T) *served {
	t.Helper()
	program := filepath.Join(t.TempDir(), "testamur-verify")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	o := newOffice(t, "https://certs.example.org")
	trust := o.trust(t, o.lists(t, o.now))
	cmd := exec.Command(program, "serve", "--trust", trust, "--offline", "--addr", "127.0.0.1:0")
	words, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s := &served{pid: cmd.Process.Pid, token: o.certificate(t, 4711)}
	t.Cleanup(func() { cmd.Process.Signal(os.Interrupt); cmd.Wait() })
	lines := bufio.NewReader(words)
	for s.addr == "" {
		line, err := lines.ReadString('\n')
		if err != nil {
			t.Fatalf("the service did not start: %v", err)
		}
		if _, rest, ok := strings.Cut(line, "listening at http://"); ok {
			s.addr, _, _ = strings.Cut(rest, " ")
		}
	}
	go io.Copy(io.Discard, lines)
	return s
}

func (s *served) resident(t *testing.T) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	field := strings.Fields(rest)
	n, err := strconv.Atoi(field[0])
	if err != nil {
		t.Fatal(err)
	}
	return n << 10
}

// latencies are those of honest clients.
type latencies struct {
	served, refused int
	p50, p99        time.Duration
}

func (l latencies) String() string {
	return fmt.Sprintf("%d served, %d refused, p50 %s, p99 %s", l.served, l.refused, l.p50.Round(10*time.Microsecond), l.p99.Round(10*time.Microsecond))
}

// honest lets clients of their own addresses ask now and then, each over one
// connection.
func (s *served) honest(t *testing.T, d time.Duration) latencies {
	t.Helper()
	var mu sync.Mutex
	var all []time.Duration
	var refused int
	var everybody sync.WaitGroup
	until := time.Now().Add(d)
	for n := range honestFolk {
		everybody.Go(func() {
			client := clientFrom(netip.AddrFrom4([4]byte{127, 1, 0, byte(n + 1)}))
			defer client.CloseIdleConnections()
			time.Sleep(time.Duration(n) * honestPause / honestFolk * time.Millisecond)
			for time.Now().Before(until) {
				began := time.Now()
				status, err := s.ask(client)
				took := time.Since(began)
				mu.Lock()
				switch {
				case err != nil:
					t.Errorf("an honest client: %v", err)
				case status == http.StatusOK:
					all = append(all, took)
				default:
					refused++
				}
				mu.Unlock()
				time.Sleep(honestPause*time.Millisecond - took)
			}
		})
	}
	everybody.Wait()
	l := latencies{served: len(all), refused: refused}
	if len(all) > 0 {
		slices.Sort(all)
		l.p50, l.p99 = all[len(all)/2], all[len(all)*99/100]
	}
	return l
}

func clientFrom(a netip.Addr) *http.Client {
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: a.AsSlice()}, Timeout: 10 * time.Second}
	return &http.Client{Transport: &http.Transport{DialContext: dialer.DialContext}, Timeout: 20 * time.Second}
}

func (s *served) ask(client *http.Client) (int, error) {
	resp, err := client.Post("http://"+s.addr+"/v1/verify", "application/vc+jwt", strings.NewReader(s.token))
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode == http.StatusOK && !bytes.Contains(body, []byte(`"valid":true`)) {
		err = fmt.Errorf("answered %.200s", body)
	}
	return resp.StatusCode, err
}

// capacity is how many verifications a second the service can do for clients that
// each ask little.
func (s *served) capacity(t *testing.T) float64 {
	t.Helper()
	var done atomic.Int64
	var everybody sync.WaitGroup
	began := time.Now()
	const d = 1500 * time.Millisecond
	for n := range 4 {
		everybody.Go(func() {
			for host := 0; time.Since(began) < d; host++ {
				client := clientFrom(netip.AddrFrom4([4]byte{127, 2, byte(n), byte(host)}))
				for range 25 {
					if status, err := s.ask(client); err == nil && status == http.StatusOK {
						done.Add(1)
					}
				}
				client.CloseIdleConnections()
			}
		})
	}
	everybody.Wait()
	return float64(done.Load()) / time.Since(began).Seconds()
}

// attack starts attackers as a process; stop ends them and returns what they have
// seen.
func (s *served) attack(t *testing.T, role string) (stop func() string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	args := []string{self, "-test.run", "^TestHonestClientsAreServedUnderAttack$", "-test.v"}
	for _, tool := range [][]string{{"taskset", "-c", "1"}, {"chrt", "-i", "0"}} {
		if _, err := exec.LookPath(tool[0]); err == nil && (tool[0] != "taskset" || runtime.NumCPU() > 1) {
			args = append(slices.Clone(tool), args...)
		}
	}
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(os.Environ(), "TESTAMUR_LOAD="+role, "TESTAMUR_LOAD_ADDR="+s.addr, "TESTAMUR_LOAD_TOKEN="+s.token, "GOMAXPROCS=1")
	end, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return func() string {
		end.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("attackers: %v\n%s", err, &out)
		}
		_, said, _ := strings.Cut(out.String(), "ATTACK ")
		said, _, _ = strings.Cut(said, "\n")
		return said
	}
}

// attack is what the other process does until its input ends.
func attack(t *testing.T, role string) {
	ctx, cancel := context.WithCancel(t.Context())
	go func() { io.Copy(io.Discard, os.Stdin); cancel() }()
	addr := os.Getenv("TESTAMUR_LOAD_ADDR")
	what := strings.Fields(role)
	var said string
	switch what[0] {
	case "slow":
		n, _ := strconv.Atoi(what[1])
		said = dawdle(ctx, addr, n)
	case "photos":
		addresses, _ := strconv.Atoi(what[1])
		said = hammer(ctx, addr, request("image/png", photograph(t)), 1e9, addresses)
	case "heavy":
		rate, _ := strconv.ParseFloat(what[1], 64)
		addresses, _ := strconv.Atoi(what[2])
		said = hammer(ctx, addr, request("application/vc+jwt", []byte(os.Getenv("TESTAMUR_LOAD_TOKEN"))), rate, addresses)
	}
	fmt.Println("ATTACK " + said)
}

// dawdle opens connections that send a byte of a request now and then, ten of each
// address.
func dawdle(ctx context.Context, addr string, n int) string {
	var closed, open atomic.Int64
	var everybody sync.WaitGroup
	for i := range n {
		everybody.Go(func() {
			dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 3, 0, byte(1+i/10))}}
			conn, err := dialer.DialContext(ctx, "tcp", addr)
			if err != nil {
				closed.Add(1)
				return
			}
			defer conn.Close()
			context.AfterFunc(ctx, func() { conn.Close() })
			head := "POST /v1/verify HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 4000\r\nX-Slow: " + strings.Repeat("a", 1000)
			go func() {
				io.Copy(io.Discard, conn)
				if ctx.Err() == nil {
					closed.Add(1)
				} else {
					open.Add(1)
				}
				conn.Close()
			}()
			for i := 0; i < len(head); i++ {
				if _, err := io.WriteString(conn, head[i:i+1]); err != nil {
					return
				}
				select {
				case <-ctx.Done():
					return
				case <-time.After(300 * time.Millisecond):
				}
			}
		})
	}
	<-ctx.Done()
	everybody.Wait()
	time.Sleep(100 * time.Millisecond)
	return fmt.Sprintf("closed %d open %d", closed.Load(), open.Load())
}

func request(mediaType string, body []byte) []byte {
	return fmt.Appendf(nil, "POST /v1/verify HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s", mediaType, len(body), body)
}

// photograph is a picture that has no code in it and takes long to search.
func photograph(t *testing.T) []byte {
	picture := image.NewGray(image.Rect(0, 0, 1600, 1200))
	noise := rand.New(rand.NewPCG(1, 2))
	for i := range picture.Pix {
		picture.Pix[i] = byte(noise.Uint32())
	}
	var out bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.NoCompression}).Encode(&out, picture); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// hammer sends the request at a rate, from so many addresses in turn.
func hammer(ctx context.Context, addr string, request []byte, rate float64, addresses int) string {
	var sent, ok, limited, busy, other atomic.Int64
	var address atomic.Uint32
	began := time.Now()
	var everybody sync.WaitGroup
	const workers = 48
	perAddress := 10
	if addresses < 1000 {
		perAddress = 1 << 30 // each worker stays with one
	}
	for range workers {
		everybody.Go(func() {
			for ctx.Err() == nil {
				n := int(address.Add(1)) % addresses
				dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, byte(16+n>>16), byte(n>>8), byte(n))}}
				conn, err := dialer.DialContext(ctx, "tcp", addr)
				if err != nil {
					continue
				}
				answers := bufio.NewReaderSize(conn, 16<<10)
				for i := 0; i < perAddress && ctx.Err() == nil; i++ {
					// The rate is that of all workers together.
					for ctx.Err() == nil && float64(sent.Load()) > rate*time.Since(began).Seconds() {
						time.Sleep(time.Millisecond)
					}
					conn.SetDeadline(time.Now().Add(10 * time.Second))
					if _, err := conn.Write(request); err != nil {
						break
					}
					sent.Add(1)
					resp, err := http.ReadResponse(answers, nil)
					if err != nil {
						if ctx.Err() == nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, net.ErrClosed) && !isReset(err) {
							other.Add(1)
						}
						break
					}
					io.Copy(io.Discard, resp.Body)
					resp.Body.Close()
					switch resp.StatusCode {
					case http.StatusOK:
						ok.Add(1)
					case http.StatusTooManyRequests:
						limited.Add(1)
					case http.StatusServiceUnavailable:
						busy.Add(1)
					default:
						other.Add(1)
					}
					if resp.Close {
						break
					}
				}
				conn.Close()
			}
		})
	}
	<-ctx.Done()
	everybody.Wait()
	return fmt.Sprintf("sent %d in %f s: 200 %d, 429 %d, 503 %d, other %d",
		sent.Load(), time.Since(began).Seconds(), ok.Load(), limited.Load(), busy.Load(), other.Load())
}

func isReset(err error) bool { return strings.Contains(err.Error(), "connection reset") }
