package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// server is jate serve on a folder.
type server struct {
	cmd     *exec.Cmd
	ended   <-chan error
	address string // host and port of the API
	metrics string // URL
	mu      sync.Mutex
	tail    []string // of its log
}

// last returns the last lines of the server's log.
func (s *server) last() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.tail, "\n")
}

// serve starts the real program on the folder, on ports of its own choice.
func (f *field) serve() error {
	s := &server{cmd: exec.Command(f.jate, "serve", "--data", f.dir, "--passphrases", f.pass,
		"--listen", "127.0.0.1:0", "--metrics", "127.0.0.1:0")}
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	log, w := io.Pipe()
	s.cmd.Stderr = w
	var err error
	if s.ended, err = launch(s.cmd); err != nil {
		return err
	}
	f.server = s
	serving := make(chan struct{})
	go s.read(log, serving)
	select {
	case <-serving:
		return nil
	case err = <-s.ended:
		f.server = nil
	case <-time.After(time.Minute):
		err = f.stop()
	}
	return errors.Join(fmt.Errorf("jate serve does not serve: %s", s.last()), err)
}

// read takes the addresses from the server's log and keeps its last lines.
func (s *server) read(log io.Reader, serving chan<- struct{}) {
	for lines := bufio.NewScanner(log); lines.Scan(); {
		var said struct{ API, Metrics string }
		if json.Unmarshal(lines.Bytes(), &said) == nil && said.API != "" && s.address == "" {
			s.address, s.metrics = strings.TrimPrefix(said.API, "http://"), said.Metrics
			close(serving)
		}
		s.mu.Lock()
		s.tail = append(s.tail, lines.Text())
		s.tail = s.tail[max(0, len(s.tail)-20):]
		s.mu.Unlock()
	}
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
const addressesEach = 8

// client is one caller, with a connection from each of its addresses that it
// keeps open. It writes bytes that were made before and reads answers with
// net/http's parser: the machine's cores are the server's.
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
	c.conns[i], c.reads[i] = conn, bufio.NewReaderSize(conn, 16<<10)
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

// do sends a whole request and returns the body of the answer, which must be
// 200.
func (c *client) do(ctx context.Context, request []byte) ([]byte, error) {
	i := c.next % addressesEach
	c.next++
	if c.conns[i] == nil {
		if err := c.dial(ctx, i); err != nil {
			return nil, err
		}
	}
	if _, err := c.conns[i].Write(request); err != nil {
		return nil, err
	}
	res, err := http.ReadResponse(c.reads[i], nil)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(res.Body)
	if err := errors.Join(err, res.Body.Close()); err != nil {
		return nil, err
	}
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", res.Status, body)
	}
	return body, nil
}
