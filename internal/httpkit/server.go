package httpkit

import (
	"net/http"
	"time"
)

// NewServer returns a server with a bound on every wait: 5 s for the headers,
// 30 s for a request, 60 s for an answer (Within gives a route more), 120 s
// for an idle connection, 16 KiB of headers, and 100 calls at once over one
// connection of HTTP/2. The caller starts it and shuts it down.
func NewServer(addr string, h http.Handler) *http.Server {
	return &http.Server{
		Addr:              addr,
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      60 * time.Second,
		IdleTimeout:       120 * time.Second,
		MaxHeaderBytes:    16 << 10,
		HTTP2:             &http.HTTP2Config{MaxConcurrentStreams: 100},
	}
}
