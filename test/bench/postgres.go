package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// postgres is a server of our own, on a socket in a folder of its own.
type postgres struct {
	dir     string
	bin     string
	version string
	as      *syscall.SysProcAttr
	process *os.Process
	ended   <-chan error
	log     string

	accounts int // vouchers loaded; the vendors are besides
	order    []int32
	next     int // in order: vouchers before it are spent
}

// errNoPostgres says what to install.
var errNoPostgres = errors.New("PostgreSQL is not installed: apt-get install postgresql (make tools does it)")

// postgresBin returns the folder of the newest server's programs; of version
// 15 where it is there, for which the bars were set.
func postgresBin() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if err != nil || len(found) == 0 {
		path, err := exec.LookPath("postgres")
		if err != nil {
			return "", errNoPostgres
		}
		return filepath.Dir(path), nil
	}
	of := func(path string) int {
		n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
		if n == 15 {
			return 1 << 20
		}
		return n
	}
	return filepath.Dir(slices.MaxFunc(found, func(a, b string) int { return of(a) - of(b) })), nil
}

// startPostgres makes a cluster below base and runs it. PostgreSQL refuses to
// run as root; then it runs as user postgres, who must be able to reach base.
func startPostgres(ctx context.Context, base string) (*postgres, error) {
	bin, err := postgresBin()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(base, "jate-bench-pg-")
	if err != nil {
		return nil, err
	}
	p := &postgres{dir: dir, bin: bin, as: &syscall.SysProcAttr{Setpgid: true}, log: filepath.Join(dir, "log")}
	if err := p.begin(ctx); err != nil {
		return nil, errors.Join(err, p.stop())
	}
	return p, nil
}

func (p *postgres) begin(ctx context.Context) error {
	if os.Geteuid() == 0 {
		if err := p.asPostgres(); err != nil {
			return err
		}
	}
	init := exec.CommandContext(ctx, filepath.Join(p.bin, "initdb"), "-D", p.data(), "-U", "postgres",
		"-A", "trust", "-E", "UTF8", "--no-locale")
	init.SysProcAttr, init.Dir = p.as, p.dir
	if out, err := init.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	if err := p.run(); err != nil {
		return err
	}
	return p.await(ctx)
}

func (p *postgres) data() string { return filepath.Join(p.dir, "data") }

// asPostgres gives the folder to the user postgres and runs programs as him.
func (p *postgres) asPostgres() error {
	u, err := user.Lookup("postgres")
	if err != nil {
		return errNoPostgres
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return err
	}
	p.as.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return os.Chown(p.dir, int(uid), int(gid))
}

// settings are PostgreSQL's own defaults but for what is said here: memory as
// its documentation advises, and no checkpoint while we measure, which spares
// it the full images of pages that a checkpoint makes it write afterwards.
func (p *postgres) settings() []string {
	buffers := min(memory()/4, 4<<30) >> 20
	return []string{
		fmt.Sprintf("shared_buffers=%dMB", buffers),
		"fsync=on", "synchronous_commit=on", "full_page_writes=on",
		"max_wal_size=8GB", "checkpoint_timeout=30min",
		"max_connections=100", "jit=off",
		"port=5432", "listen_addresses=", "unix_socket_directories=" + p.dir,
	}
}

// run starts the server so that it ends with us, whatever happens to us.
func (p *postgres) run() error {
	args := []string{"-D", p.data()}
	for _, s := range p.settings() {
		args = append(args, "-c", s)
	}
	out, err := os.Create(p.log)
	if err != nil {
		return err
	}
	cmd := exec.Command(filepath.Join(p.bin, "postgres"), args...)
	cmd.Stdout, cmd.Stderr, cmd.Dir = out, out, p.dir
	attr := *p.as
	attr.Pdeathsig = syscall.SIGINT
	cmd.SysProcAttr = &attr
	if p.ended, err = launch(cmd); err != nil {
		return errors.Join(err, out.Close())
	}
	p.process = cmd.Process
	return out.Close() // it has its own
}

// launch starts a program of which SysProcAttr.Pdeathsig says how it ends if
// we do, and returns where its end is told.
func launch(cmd *exec.Cmd) (<-chan error, error) {
	started, ended := make(chan error), make(chan error, 1)
	go func() {
		runtime.LockOSThread() // the signal comes when the thread that started it ends
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			ended <- cmd.Wait()
		}
	}()
	return ended, <-started
}

// await returns when the server answers.
func (p *postgres) await(ctx context.Context) error {
	for began := time.Now(); ; {
		c, err := p.connect(ctx)
		if err == nil {
			err = errors.Join(c.QueryRow(ctx, "show server_version").Scan(&p.version), c.Close(ctx))
		}
		if err == nil || ctx.Err() != nil {
			return errors.Join(err, ctx.Err())
		}
		if time.Since(began) > 30*time.Second {
			log, _ := os.ReadFile(p.log)
			return fmt.Errorf("PostgreSQL does not answer: %w\n%s", err, log)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func (p *postgres) connect(ctx context.Context) (*pgx.Conn, error) {
	return pgx.Connect(ctx, fmt.Sprintf("host=%s port=5432 user=postgres dbname=postgres sslmode=disable", p.dir))
}

// stop shuts the server down (SIGINT: fast, and clean) and removes its folder.
func (p *postgres) stop() error {
	var err error
	if p.process != nil {
		if err = p.process.Signal(syscall.SIGINT); err == nil {
			err = <-p.ended
		}
		p.process = nil
	}
	return errors.Join(err, os.RemoveAll(p.dir))
}

// described is what the conditions say of it.
func (p *postgres) described() condition {
	return condition{"PostgreSQL", p.version + "; " + strings.Join(p.settings()[:7], " ")}
}
