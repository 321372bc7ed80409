package main

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/jate-cva/jate/access"
)

// impatient has the server wait for a fraction of a second where it would wait
// for seconds.
func impatient(s *http.Server) {
	s.ReadHeaderTimeout, s.ReadTimeout = 300*time.Millisecond, 300*time.Millisecond
}

// dribble opens a connection, says the beginning and then byte after byte until
// the other side cuts it, which done tells.
func dribble(t *testing.T, address, beginning, rest string, every time.Duration) (done <-chan time.Duration) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if _, err := io.WriteString(conn, beginning); err != nil {
		t.Fatal(err)
	}
	begun, ended := time.Now(), make(chan time.Duration, 1)
	go func() {
		_, _ = io.Copy(io.Discard, conn) // until it is cut
		ended <- time.Since(begun)
		conn.Close()
	}()
	go func() {
		for i := 0; ; i++ {
			if _, err := io.WriteString(conn, rest[i%len(rest):i%len(rest)+1]); err != nil {
				return
			}
			time.Sleep(every)
		}
	}()
	return ended
}

// prompt fails where somebody else does not get an answer at once.
func (s *running) prompt(t *testing.T) {
	t.Helper()
	begun := time.Now()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+s.address+"/api/v1/keys", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Forwarded-For", "192.0.2.77")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if took := time.Since(begun); res.StatusCode != http.StatusOK || took > 3*time.Second {
		t.Errorf("somebody else is answered %d after %v", res.StatusCode, took)
	}
}

// Headers that come byte by byte are waited for once, and cost nobody else
// anything.
func TestHostile_slowHeaders(t *testing.T) {
	s := runServer(t, func(_ string, c *appConfig) { c.server = impatient })
	var cut []<-chan time.Duration
	for range 200 {
		cut = append(cut, dribble(t, s.address, "GET /livez HTTP/1.1\r\nHost: x\r\nX: ", "y", 20*time.Millisecond))
	}
	s.prompt(t)
	for _, c := range cut {
		if after := <-c; after < 200*time.Millisecond || after > 10*time.Second {
			t.Fatalf("cut after %v", after)
		}
	}
}

// Bodies that come byte by byte are cut as well; on the one route where a slow
// line has minutes, one client fills a part of the places and not all.
func TestHostile_slowBodies(t *testing.T) {
	s := runServer(t, func(dir string, c *appConfig) {
		c.server, c.rate = impatient, 10_000
		c.edge = reachedBy(t, dir, "--proxy", "127.0.0.1")
	})
	post := func(path, from string) string {
		return "POST " + path + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + s.token(t, access.RoleAdministrator) +
			"\r\nX-Forwarded-For: " + from + "\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n"
	}
	ended := dribble(t, s.address, post("/api/v1/programmes", "192.0.2.1"), " ", 20*time.Millisecond)
	if after := <-ended; after > 10*time.Second {
		t.Errorf("cut after %v", after)
	}
	for range 300 {
		dribble(t, s.address, post("/api/v1/handhelds/h1/records", "192.0.2.2"), " ", time.Second)
	}
	refused := 0
	for end := time.Now().Add(5 * time.Second); refused < 44 && time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		refused = counterValue(t, s, "jate_calls_refused_total", "rate")
	}
	if refused != 300-256 {
		t.Errorf("of 300 slow calls of one client %d are refused, want 44", refused)
	}
	s.prompt(t)
}

// counterValue reads one of the server's counters.
func counterValue(t *testing.T, s *running, name, label string) int {
	t.Helper()
	families, err := s.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == name && m.GetLabel()[0].GetValue() == label {
				return int(m.GetCounter().GetValue())
			}
		}
	}
	t.Fatalf("no counter %s", name)
	return 0
}

// refuses sends a body and expects the problem with the code, and that little
// memory was taken for it.
func (s *running) refuses(t *testing.T, path string, header http.Header, body []byte, code string) {
	t.Helper()
	const most = 192 << 20
	var before, after runtime.MemStats
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+s.address+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header = header
	runtime.ReadMemStats(&before)
	begun := time.Now()
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var p struct{ Code string }
	if err := json.NewDecoder(res.Body).Decode(&p); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if res.StatusCode != http.StatusBadRequest || p.Code != code {
		t.Errorf("%d %s, want %s", res.StatusCode, p.Code, code)
	}
	if taken := after.TotalAlloc - before.TotalAlloc; taken > most || time.Since(begun) > 10*time.Second {
		t.Errorf("it took %d MiB and %v", taken>>20, time.Since(begun))
	}
	s.prompt(t)
}

func asJSON(token string) http.Header {
	return http.Header{"Authorization": {"Bearer " + token}, "Content-Type": {"application/json"}, "Idempotency-Key": {"k1"}}
}

// deflated is what n times 16 MiB of zeros are packed to, quickly: the packed
// text of a part says nothing of what was before it.
func deflated(t *testing.T, n int) []byte {
	t.Helper()
	var part, end bytes.Buffer
	for _, step := range []struct {
		to   *bytes.Buffer
		size int
	}{{&part, 16 << 20}, {&end, 0}} {
		w, err := flate.NewWriter(step.to, flate.BestSpeed)
		if err == nil {
			_, err = w.Write(make([]byte, step.size))
		}
		if err == nil && step.size > 0 {
			err = w.Flush()
		} else if err == nil {
			err = w.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return append(bytes.Repeat(part.Bytes(), n), end.Bytes()...)
}

// A body in gzip is unpacked no further than a plain one may be long.
func TestHostile_gzipBomb(t *testing.T) {
	s := runServer(t, nil)
	bomb := append([]byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff}, deflated(t, 64)...) // a header of gzip, then 1 GiB
	if z, err := gzip.NewReader(bytes.NewReader(bomb)); err != nil {
		t.Fatal(err)
	} else if n, err := io.CopyN(io.Discard, z, 32<<20); n != 32<<20 {
		t.Fatalf("that is no bomb: %d, %v", n, err)
	}
	h := asJSON("")
	h.Set("Content-Encoding", "gzip")
	s.refuses(t, "/api/v1/handhelds/h1/records", h, bomb, "body_too_large")
}

// JSON is refused by its size before it is read and by its depth before it is
// decoded.
func TestASVS_5_2_1(t *testing.T) {
	s := runServer(t, nil)
	token := s.token(t, access.RoleAdministrator)
	for name, tt := range map[string]struct{ body, code string }{
		"deep arrays":  {strings.Repeat("[", 1<<20), "body_malformed"},
		"deep objects": {strings.Repeat(`{"a":`, 200_000), "body_malformed"},
		"long":         {`{"name":"` + strings.Repeat("x", 2<<20) + `"}`, "body_too_large"},
		"wide":         {`{"name":["` + strings.Repeat(`","`, 300_000) + `"]}`, "body_malformed"},
		"many fields":  {manyFields(60_000), "body_malformed"},
		"a long digit": {`{"name":` + strings.Repeat("9", 1<<19) + `}`, "body_malformed"},
	} {
		t.Run(name, func(t *testing.T) { s.refuses(t, "/api/v1/programmes", asJSON(token), []byte(tt.body), tt.code) })
	}
}

func manyFields(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,"f%d":1`, i)
	}
	return "{" + b.String()[1:] + "}"
}

// A workbook is refused for what it says that it unpacks to, and where it lies,
// for what it does unpack to.
func TestASVS_5_2_3(t *testing.T) {
	s := runServer(t, nil)
	packed := deflated(t, 128) // 2 GiB
	made, err := http.DefaultClient.Do(programme(t, "http://"+s.address, s.token(t, access.RoleAdministrator)))
	if err != nil || made.StatusCode != http.StatusCreated {
		t.Fatalf("%v, %v", made, err)
	}
	for name, tt := range map[string]struct {
		says uint64
		code string
	}{
		"honest":               {128 << 24, "table_too_large"},
		"of a size that wraps": {1<<64 - 1, "table_too_large"},
		"lying":                {1000, "table_damaged"},
	} {
		t.Run(name, func(t *testing.T) {
			var file bytes.Buffer
			z := zip.NewWriter(&file)
			for _, part := range []string{"[Content_Types].xml", "xl/workbook.xml", "xl/worksheets/sheet1.xml"} {
				w, err := z.CreateRaw(&zip.FileHeader{Name: part, Method: zip.Deflate, UncompressedSize64: tt.says, CompressedSize64: uint64(len(packed))})
				if err == nil {
					_, err = w.Write(packed)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			if err := z.Close(); err != nil {
				t.Fatal(err)
			}
			h := asJSON(s.token(t, access.RoleRegistrar))
			h.Set("Content-Type", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
			s.refuses(t, "/api/v1/lists", h, file.Bytes(), tt.code)
		})
	}
}

// Headers have a bound, in number by their size.
func TestHostile_manyHeaders(t *testing.T) {
	s := runServer(t, nil)
	conn, err := net.Dial("tcp", s.address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	go func() {
		_, _ = io.WriteString(conn, "GET /livez HTTP/1.1\r\nHost: x\r\n"+strings.Repeat("A: b\r\n", 100_000)+"\r\n") // cut in the middle
	}()
	answer := make([]byte, 12)
	if _, err := io.ReadFull(conn, answer); err != nil || string(answer) != "HTTP/1.1 431" {
		t.Errorf("%q, %v", answer, err)
	}
	s.prompt(t)
}

// Streams of HTTP/2 that are begun and reset at once (CVE-2023-44487) leave
// nothing behind and cost nobody else anything.
func TestHostile_resets(t *testing.T) {
	p := newPapers(t, t.TempDir(), 1)
	s := runServer(t, func(dir string, c *appConfig) {
		c.edge = reachedBy(t, dir, "--tls-cert", p.cert, "--tls-key", p.key)
		c.rate = 0
	})
	conn, err := tls.Dial("tcp", s.address, &tls.Config{RootCAs: p.roots, NextProtos: []string{"h2"}})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	before := runtime.NumGoroutine()
	if _, err := io.WriteString(conn, http2.ClientPreface); err != nil {
		t.Fatal(err)
	}
	go func() { _, _ = io.Copy(io.Discard, conn) }() // what it answers does not matter
	framer := http2.NewFramer(conn, nil)
	var block bytes.Buffer
	e := hpack.NewEncoder(&block)
	for _, f := range [][2]string{{":method", "POST"}, {":scheme", "https"}, {":authority", "x"}, {":path", "/api/v1/handhelds/h1/records"}, {"content-type", "application/json"}} {
		if err := e.WriteField(hpack.HeaderField{Name: f[0], Value: f[1]}); err != nil {
			t.Fatal(err)
		}
	}
	if err := framer.WriteSettings(); err != nil {
		t.Fatal(err)
	}
	reset := 0
	for id := uint32(1); id < 40_000; id += 2 {
		err := framer.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: block.Bytes(), EndHeaders: true})
		if err == nil {
			err = framer.WriteRSTStream(id, http2.ErrCodeCancel)
		}
		if err != nil {
			break // it has had enough of it, which is an answer too
		}
		reset++
	}
	if reset < 100 {
		t.Fatalf("only %d streams were reset", reset)
	}
	begun := time.Now()
	if res, err := p.client().Get("https://" + s.address + "/api/v1/keys"); err != nil || res.StatusCode != http.StatusOK || time.Since(begun) > 3*time.Second {
		t.Errorf("somebody else: %v, %v after %v", res, err, time.Since(begun))
	}
	conn.Close()
	left := 0
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if left = runtime.NumGoroutine() - before; left < 20 {
			return
		}
	}
	t.Errorf("%d goroutines are left of %d streams", left, reset)
}
