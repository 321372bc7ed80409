package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// server is jate serve on a folder.
type server struct {
	cmd     *exec.Cmd
	ended   <-chan error
	address string // host and port of the API
	metrics string // URL
	log     string // a file: what the server says costs us nothing
}

// last returns the last lines of the server's log.
func (s *server) last() string {
	const most = 4 << 10
	b, _ := os.ReadFile(s.log)
	return string(b[max(0, len(b)-most):])
}

// serve starts the real program on the folder, on ports of its own choice.
func (f *field) serve() error {
	s := &server{cmd: exec.Command(f.jate, "serve", "--data", f.dir, "--passphrases", f.pass,
		"--listen", "127.0.0.1:0", "--metrics", "127.0.0.1:0", "--rate", "0"), log: f.dir + ".log"}
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	log, err := os.Create(s.log)
	if err != nil {
		return err
	}
	s.cmd.Stderr = log
	s.ended, err = launch(s.cmd)
	if err := errors.Join(err, log.Close()); err != nil { // the server has its own
		return err
	}
	f.server = s
	for began := time.Now(); time.Since(began) < time.Minute; {
		select {
		case err := <-s.ended:
			f.server = nil
			return errors.Join(fmt.Errorf("jate serve does not serve: %s", s.last()), err)
		case <-time.After(5 * time.Millisecond):
		}
		if s.serves() {
			return nil
		}
	}
	return errors.Join(fmt.Errorf("jate serve does not serve: %s", s.last()), f.stop())
}

// serves takes the addresses from the server's log when they are there.
func (s *server) serves() bool {
	b, _ := os.ReadFile(s.log)
	for line := range bytes.Lines(b) {
		var said struct{ API, Metrics string }
		if json.Unmarshal(line, &said) == nil && said.API != "" {
			s.address, s.metrics = strings.TrimPrefix(said.API, "http://"), said.Metrics
			return true
		}
	}
	return false
}

// stop ends the server as an operator would, and waits for its last
// checkpoint and a closed store.
func (f *field) stop() error {
	s := f.server
	if s == nil {
		return nil
	}
	f.server = nil
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	if err := <-s.ended; err != nil {
		return fmt.Errorf("jate serve: %w\n%s", err, s.last())
	}
	return nil
}

// addressesEach is how many addresses of this machine a client calls from, in
// turn: the server lets one address make 50 calls a second, and our clients
// stand for shops that each have their own.
const addressesEach = 4

// client is one caller, with a connection from each of its addresses that it
// keeps open. It writes bytes that were made before, and reads of an answer what
// it needs: the machine's cores are the server's.
type client struct {
	address string // of the server
	number  int
	conns   [addressesEach]net.Conn
	reads   [addressesEach]*bufio.Reader
	next    int
}

// dial opens a connection when it is needed: the server does not wait long for
// the first request on one.
func (c *client) dial(ctx context.Context, i int) error {
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 1, byte(c.number), byte(i+1))}}
	conn, err := d.DialContext(ctx, "tcp", c.address)
	if err != nil {
		return err
	}
	c.conns[i], c.reads[i] = conn, bufio.NewReader(conn)
	return nil
}

func (c *client) close() error {
	var errs []error
	for _, conn := range c.conns {
		if conn != nil {
			errs = append(errs, conn.Close())
		}
	}
	return errors.Join(errs...)
}

// answer is what the server answered.
type answer struct {
	status int
	retry  time.Duration // Retry-After; 0 where it says nothing
	body   []byte
	last   bool // nothing comes after it on this connection
}

// refused reports whether the server took nothing, and said when to come back.
func (a answer) refused() bool { return a.status == http.StatusServiceUnavailable && a.retry > 0 }

// do sends a whole request and returns the answer.
func (c *client) do(ctx context.Context, request []byte) (answer, error) {
	i := c.next % addressesEach
	c.next++
	if c.conns[i] == nil {
		if err := c.dial(ctx, i); err != nil {
			return answer{}, err
		}
	}
	if _, err := c.conns[i].Write(request); err != nil {
		return answer{}, err
	}
	a, err := readAnswer(c.reads[i])
	if err == nil && a.last {
		err = c.conns[i].Close()
		c.conns[i] = nil
	}
	return a, err
}

// readAnswer reads an answer that says how long it is.
func readAnswer(r *bufio.Reader) (answer, error) {
	line, err := r.ReadSlice('\n')
	if err != nil {
		return answer{}, err
	}
	a, length := answer{}, -1
	code, ok := bytes.CutPrefix(line, []byte("HTTP/1.1 "))
	if !ok || len(code) < 3 {
		return answer{}, fmt.Errorf("not an answer: %q", line)
	}
	if a.status, err = strconv.Atoi(string(code[:3])); err != nil {
		return answer{}, err
	}
	for {
		if line, err = r.ReadSlice('\n'); err != nil {
			return answer{}, err
		}
		name, value, ok := bytes.Cut(bytes.TrimRight(line, "\r\n"), []byte(": "))
		if !ok {
			break
		}
		switch string(name) {
		case "Content-Length":
			length, err = strconv.Atoi(string(value))
		case "Retry-After":
			var seconds int
			seconds, err = strconv.Atoi(string(value))
			a.retry = time.Duration(seconds) * time.Second
		case "Connection":
			a.last = string(value) == "close"
		}
		if err != nil {
			return answer{}, err
		}
	}
	if length < 0 || length > 1<<20 {
		return answer{}, fmt.Errorf("an answer %d of length %d", a.status, length)
	}
	a.body = make([]byte, length)
	_, err = io.ReadFull(r, a.body)
	return a, err
}

// spent returns the processor time that a process and its children have used.
func spent(pid int) time.Duration {
	const tick = time.Second / 100 // USER_HZ, on every Linux that we run on
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0 // it has just ended, and is in its parent's sum
	}
	// The fields after the name, which may hold anything: state is the third.
	fields := bytes.Fields(b[bytes.LastIndexByte(b, ')')+1:])
	sum := time.Duration(0)
	for _, f := range fields[11:15] { // utime, stime, cutime, cstime
		n, _ := strconv.Atoi(string(f))
		sum += time.Duration(n) * tick
	}
	children, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	for _, child := range bytes.Fields(children) {
		if n, err := strconv.Atoi(string(child)); err == nil {
			sum += spent(n)
		}
	}
	return sum
}
