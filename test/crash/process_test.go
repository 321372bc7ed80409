//go:build linux

package crash

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"
)

// child names what this binary does instead of tests.
const child = "JATE_CRASH_CHILD"

func TestMain(m *testing.M) {
	run, ok := map[string]func() error{"serve": serve, "create": create}[os.Getenv(child)]
	if !ok {
		status := m.Run()
		if built != "" {
			if err := os.RemoveAll(filepath.Dir(built)); err != nil {
				fmt.Fprintln(os.Stderr, err)
			}
		}
		os.Exit(status)
	}
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// built is the binary that servers run, where it is not this one.
var built string

// binary returns what servers run: these tests, but without the race detector.
// With it a server takes ten times as long to start and to audit, and hundreds
// of them are started; other tests look for races.
var binary = sync.OnceValues(func() (string, error) {
	if !raceDetector {
		return os.Args[0], nil
	}
	dir, err := os.MkdirTemp("", "jate-crash-server-")
	if err != nil {
		return "", err
	}
	built = filepath.Join(dir, "server")
	if out, err := exec.Command("go", "test", "-c", "-o", built, "github.com/jate-cva/jate/test/crash").CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the server: %w: %s", err, out)
	}
	return built, nil
})

// patience is how long a server may take for what takes it less than a second.
const patience = time.Minute

// process is a server.
type process struct {
	cmd     *exec.Cmd
	log     *logged
	events  chan event    // closed at the end of the output
	exited  chan struct{} // closed when it has ended
	waitErr error
}

// logged is what a process has said on its standard error.
type logged struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write implements io.Writer; what is beyond a bound is dropped.
func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.b.Len() < 64<<10 {
		l.b.Write(p)
	}
	return len(p), nil
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// start starts a server, behind the words of another program
// where there are any: then on one processor, so that most of its calls are
// made by one thread.
func start(o order, behind ...string) (*process, error) { return startAs("serve", o, behind...) }

func startAs(what string, o order, behind ...string) (*process, error) {
	in, err := json.Marshal(o)
	if err != nil {
		return nil, err
	}
	server, err := binary()
	if err != nil {
		return nil, err
	}
	args := append(behind, server)
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(os.Environ(), child+"="+what)
	if len(behind) > 0 {
		cmd.Env = append(cmd.Env, "GOMAXPROCS=1")
	}
	cmd.Stdin = bytes.NewReader(in)
	return startCommand(cmd)
}

// startCommand starts a process that dies with this one. Lines of its output
// that are no events are skipped.
func startCommand(cmd *exec.Cmd) (*process, error) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	p := &process{cmd: cmd, log: &logged{}, events: make(chan event, 8), exited: make(chan struct{})}
	cmd.Stderr = p.log
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		lines := bufio.NewReader(out)
		for {
			line, err := lines.ReadBytes('\n')
			var e event
			if err == nil && json.Unmarshal(line, &e) == nil {
				p.events <- e // there is room for all that one says
			}
			if err != nil {
				break
			}
		}
		close(p.events)
		p.waitErr = cmd.Wait()
		close(p.exited)
	}()
	return p, nil
}

// signal sends one to the process and those that it was started behind.
func (p *process) signal(s syscall.Signal) error {
	err := syscall.Kill(-p.cmd.Process.Pid, s)
	if errors.Is(err, syscall.ESRCH) {
		return nil
	}
	return err
}

// kill ends the process at once and waits until it is gone.
func (p *process) kill() error {
	err := p.signal(syscall.SIGKILL)
	select {
	case <-p.exited:
		return err
	case <-time.After(patience):
		return errors.Join(err, errors.New("a killed server does not end"))
	}
}

// stop ends the process in order.
func (p *process) stop() error {
	if err := p.signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case <-p.exited:
		if p.waitErr != nil {
			return fmt.Errorf("the server did not stop in order: %w: %s", p.waitErr, p.log)
		}
		return nil
	case <-time.After(patience):
		return errors.Join(errors.New("the server does not stop"), p.kill())
	}
}
