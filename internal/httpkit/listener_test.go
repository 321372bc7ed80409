package httpkit_test

import (
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"github.com/jate-cva/jate/internal/httpkit"
)

// Connections have a bound for each client and in all, before anybody has said
// anything; a place is free again when one is closed.
func TestBounded(t *testing.T) {
	local := func(t *testing.T, c httpkit.Connections) (net.Listener, chan net.Conn) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		l = httpkit.Bounded(l, c)
		accepted := make(chan net.Conn, 16)
		go func() {
			defer close(accepted)
			for {
				conn, err := l.Accept()
				if err != nil {
					if !errors.Is(err, net.ErrClosed) {
						t.Errorf("accept: %v", err)
					}
					return
				}
				accepted <- conn
			}
		}()
		t.Cleanup(func() {
			l.Close()
			for conn := range accepted {
				conn.Close()
			}
		})
		return l, accepted
	}
	dial := func(t *testing.T, l net.Listener) net.Conn {
		t.Helper()
		conn, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		return conn
	}
	cut := func(t *testing.T, conn net.Conn) bool {
		t.Helper()
		_ = conn.SetReadDeadline(time.Now().Add(5 * time.Second))
		_, err := conn.Read(make([]byte, 1))
		return errors.Is(err, io.EOF)
	}
	t.Run("of one client", func(t *testing.T) {
		l, accepted := local(t, httpkit.Connections{PerClient: 2})
		dial(t, l)
		dial(t, l)
		first := <-accepted
		<-accepted
		if !cut(t, dial(t, l)) {
			t.Error("the third is kept")
		}
		first.Close()
		first.Close() // gives one place back, not two
		dial(t, l)
		<-accepted
		if !cut(t, dial(t, l)) {
			t.Error("a place was given back twice")
		}
	})
	t.Run("of a proxy, which has many", func(t *testing.T) {
		proxies, err := httpkit.ParseProxies("127.0.0.1")
		if err != nil {
			t.Fatal(err)
		}
		l, accepted := local(t, httpkit.Connections{PerClient: 1, Proxies: proxies})
		for range 3 {
			dial(t, l)
			<-accepted
		}
	})
	t.Run("in all", func(t *testing.T) {
		l, accepted := local(t, httpkit.Connections{Most: 1})
		dial(t, l)
		first := <-accepted
		dial(t, l)
		select {
		case <-accepted:
			t.Error("the second is taken while the first is there")
		case <-time.After(50 * time.Millisecond):
		}
		first.Close()
		(<-accepted).Close()
	})
}
