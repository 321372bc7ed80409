package httpkit

import (
	"net"
	"net/netip"
	"sync"
)

// Connections bound what connections may cost before anybody has said
// anything over them. A zero field takes its default.
type Connections struct {
	Most      int     // at once: 8,192; the next wait in the system's own queue
	PerClient int     // of one client at once: 512, a village behind one mast; more are closed
	Proxies   Proxies // whose connections are those of many clients
}

// Bounded returns l with bounds on its connections.
func Bounded(l net.Listener, c Connections) net.Listener {
	if c.Most == 0 {
		c.Most = 8192
	}
	if c.PerClient == 0 {
		c.PerClient = 512
	}
	return &bounded{Listener: l, limits: c, room: make(chan struct{}, c.Most), closed: make(chan struct{}),
		open: map[netip.Prefix]int{}}
}

type bounded struct {
	net.Listener
	limits Connections
	room   chan struct{}
	once   sync.Once
	closed chan struct{}

	mu   sync.Mutex
	open map[netip.Prefix]int // no more keys than connections
}

// Accept implements net.Listener.
func (b *bounded) Accept() (net.Conn, error) {
	for {
		select {
		case b.room <- struct{}{}:
		case <-b.closed:
			return nil, net.ErrClosed
		}
		conn, err := b.Listener.Accept()
		if err != nil {
			<-b.room
			return nil, err
		}
		from := addressOf(conn.RemoteAddr().String())
		key := subscriber(from)
		b.mu.Lock()
		allowed := b.open[key] < b.limits.PerClient || b.limits.Proxies.Has(from)
		if allowed {
			b.open[key]++
		}
		b.mu.Unlock()
		if allowed {
			return &counted{Conn: conn, done: func() { b.gone(key) }}, nil
		}
		_ = conn.Close() // whoever it was learns nothing from it
		<-b.room
	}
}

func (b *bounded) gone(key netip.Prefix) {
	b.mu.Lock()
	if b.open[key]--; b.open[key] == 0 {
		delete(b.open, key)
	}
	b.mu.Unlock()
	<-b.room
}

// Close implements net.Listener.
func (b *bounded) Close() error {
	b.once.Do(func() { close(b.closed) })
	return b.Listener.Close()
}

// counted is a connection that gives its place back when it is closed.
type counted struct {
	net.Conn
	once sync.Once
	done func()
}

// Close implements net.Conn.
func (c *counted) Close() error {
	err := c.Conn.Close()
	c.once.Do(c.done)
	return err
}
