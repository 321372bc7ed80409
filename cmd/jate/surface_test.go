package main

import (
	"io"
	"io/fs"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/web"
)

// unsecured names a header that every answer must have and this one has not as
// it must, or is "".
func unsecured(h http.Header) string {
	for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer",
		"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp"} {
		if got := h[name]; len(got) != 1 || got[0] != want {
			return name
		}
	}
	policy := directives(h)
	switch {
	case !slices.Equal(policy["default-src"], []string{"'none'"}) || !slices.Equal(policy["frame-ancestors"], []string{"'none'"}):
		return "Content-Security-Policy"
	case !strings.Contains(h.Get("Permissions-Policy"), "microphone=()"):
		return "Permissions-Policy"
	case h.Get("Cache-Control") == "":
		return "Cache-Control"
	}
	return ""
}

// directives reads the policy of an answer.
func directives(h http.Header) map[string][]string {
	policy := map[string][]string{}
	for d := range strings.SplitSeq(h.Get("Content-Security-Policy"), ";") {
		if words := strings.Fields(d); len(words) > 0 {
			policy[words[0]] = words[1:]
		}
	}
	return policy
}

// surface is every address that the server answers: the description's routes,
// what is wrong with an address, and the files of the browser application.
func surface(t *testing.T) []*http.Request {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromFile(openapiFile)
	if err != nil {
		t.Fatal(err)
	}
	var all []*http.Request
	add := func(method, path string) {
		r, err := http.NewRequestWithContext(t.Context(), method, path, nil)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
	for path, item := range doc.Paths.Map() {
		for method := range item.Operations() {
			add(method, pathParameter.ReplaceAllString(path, "x"))
		}
	}
	if len(all) < 100 {
		t.Fatalf("only %d routes are described", len(all))
	}
	err = fs.WalkDir(web.Office(), ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			add(http.MethodGet, officePath+path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{officePath, officePath + "none.js", "/", "/nowhere", "/api/v1/nowhere", handheldPath, handheldPath + "sales", handheldPath + "assets/none.js", "/handheld"} {
		add(http.MethodGet, path)
	}
	add(http.MethodTrace, "/api/v1/keys")
	add(http.MethodDelete, handheldPath)
	add(http.MethodOptions, "/api/v1/programmes")
	err = fs.WalkDir(web.Built("handheld"), ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			add(http.MethodGet, handheldPath+path)
		}
		return nil // nothing is built: the address above answers so
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// answers are asked for once, for every test that looks at them.
var answers struct {
	once sync.Once
	all  map[string]*http.Response // by method and path; the bodies are gone
}

// eachAnswer calls fn with every answer of the surface.
func eachAnswer(t *testing.T, fn func(t *testing.T, name string, res *http.Response)) {
	t.Helper()
	answers.once.Do(func() {
		answers.all = map[string]*http.Response{}
		s := runServer(t, nil)
		for _, r := range surface(t) {
			r.URL.Scheme, r.URL.Host = "http", s.address
			res, err := http.DefaultTransport.RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			drop(t, res)
			answers.all[r.Method+" "+r.URL.Path] = res
		}
	})
	if len(answers.all) < 100 {
		t.Fatalf("%d answers", len(answers.all))
	}
	for name, res := range answers.all {
		fn(t, name, res)
	}
}

// drop reads what is left of an answer, so that its connection is used again.
func drop(t *testing.T, res *http.Response) {
	t.Helper()
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		t.Error(err)
	}
	res.Body.Close()
}

// Every answer of every route has the headers, refusals and files too. The
// contract holds the answers of a whole round to the same.
func TestHeaders(t *testing.T) {
	eachAnswer(t, func(t *testing.T, name string, res *http.Response) {
		if missing := unsecured(res.Header); missing != "" {
			t.Errorf("%s: %d without %s: %v", name, res.StatusCode, missing, res.Header)
		}
		kept := res.Header.Get("Cache-Control")
		if public := strings.Contains(name, " "+handheldPath) || strings.Contains(name, " "+officePath); kept != "no-store" && !(public && (kept == "no-cache" || strings.HasPrefix(kept, "public"))) {
			t.Errorf("%s: %d is kept: %s", name, res.StatusCode, kept)
		}
		if len(res.Header.Values("Set-Cookie")) > 0 || res.Header.Get("Access-Control-Allow-Origin") != "" || res.Header.Get("Server") != "" {
			t.Errorf("%s: %v", name, res.Header)
		}
	})
}

// No script runs that is not a file of the application, and none on the API.
func TestASVS_3_4_3(t *testing.T) {
	eachAnswer(t, func(t *testing.T, name string, res *http.Response) {
		policy := directives(res.Header)
		for directive, sources := range policy {
			for _, source := range sources {
				allowed := source == "'none'" || source == "'self'" || source == "blob:" && (directive == "img-src" || directive == "media-src") ||
					source == "'wasm-unsafe-eval'" && strings.Contains(name, handheldPath+"assets/reader-")
				if !allowed {
					t.Errorf("%s: %s %s", name, directive, source)
				}
			}
		}
		if scripts := policy["script-src"]; !strings.Contains(name, handheldPath) && !strings.Contains(name, officePath) && scripts != nil {
			t.Errorf("%s: scripts %v", name, scripts)
		}
		if !slices.Equal(policy["base-uri"], []string{"'none'"}) && !strings.Contains(name, "assets/reader-") {
			t.Errorf("%s: base-uri %v", name, policy["base-uri"])
		}
	})
}

// No browser guesses what an answer is, and every body says what it is.
func TestASVS_3_4_4(t *testing.T) {
	eachAnswer(t, func(t *testing.T, name string, res *http.Response) {
		if res.Header.Get("X-Content-Type-Options") != "nosniff" || res.ContentLength != 0 && res.Header.Get("Content-Type") == "" {
			t.Errorf("%s: %v", name, res.Header)
		}
	})
}

// Nobody frames an answer.
func TestASVS_3_4_6(t *testing.T) {
	eachAnswer(t, func(t *testing.T, name string, res *http.Response) {
		if !slices.Equal(directives(res.Header)["frame-ancestors"], []string{"'none'"}) || res.Header.Get("X-Frame-Options") != "DENY" {
			t.Errorf("%s: %v", name, res.Header)
		}
	})
}

// A page of another origin cannot have any command done, with a token or not;
// internal/httpkit has the cases of what a request says and carries.
func TestASVS_3_5_1(t *testing.T) {
	s := runServer(t, nil)
	tried := 0
	for _, r := range surface(t) {
		if r.Method != http.MethodPost && r.Method != http.MethodPut && r.Method != http.MethodDelete && r.Method != http.MethodPatch {
			continue
		}
		tried++
		r.URL.Scheme, r.URL.Host = "http", s.address
		r.Header = http.Header{"Origin": {"https://evil.example"}, "Authorization": {"Bearer " + s.token(t, access.RoleAdministrator)}}
		res, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		drop(t, res)
		if res.StatusCode != http.StatusForbidden {
			t.Errorf("%s %s: %d", r.Method, r.URL.Path, res.StatusCode)
		}
	}
	if tried < 40 {
		t.Errorf("only %d commands were tried", tried)
	}
	// The same command without another origin is done.
	if res, err := http.DefaultClient.Do(programme(t, "http://"+s.address, s.token(t, access.RoleAdministrator))); err != nil || res.StatusCode != http.StatusCreated {
		t.Errorf("%v, %v", res, err)
	}
}

// Each address answers the methods that are described, HEAD where GET is, and
// no other: TRACE and CONNECT least of all.
func TestASVS_4_1_4(t *testing.T) {
	doc, err := openapi3.NewLoader().LoadFromFile(openapiFile)
	if err != nil {
		t.Fatal(err)
	}
	s := runServer(t, nil)
	for path, item := range doc.Paths.Map() {
		for _, method := range []string{"TRACE", "PATCH", "DELETE", "PUT", "POST", "GET", "OPTIONS", "INVENTED"} {
			if item.Operations()[method] != nil {
				continue
			}
			r, err := http.NewRequestWithContext(t.Context(), method, "http://"+s.address+pathParameter.ReplaceAllString(path, "x"), nil)
			if err != nil {
				t.Fatal(err)
			}
			res, err := http.DefaultTransport.RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			drop(t, res)
			// A fixed path may lie under one with a parameter: then its methods count.
			if res.StatusCode != http.StatusMethodNotAllowed && res.StatusCode != http.StatusUnauthorized {
				t.Errorf("%s %s: %d", method, path, res.StatusCode)
			}
			if res.StatusCode == http.StatusMethodNotAllowed && res.Header.Get("Allow") == "" {
				t.Errorf("%s %s: no Allow", method, path)
			}
		}
	}
}

// No command is a GET: what changes something takes a key or a body, and no GET
// takes either.
func TestASVS_3_5_3(t *testing.T) {
	doc, err := openapi3.NewLoader().LoadFromFile(openapiFile)
	if err != nil {
		t.Fatal(err)
	}
	for path, item := range doc.Paths.Map() {
		if op := item.Get; op != nil && (op.RequestBody != nil || takesKey(op)) {
			t.Errorf("GET %s takes a command", path)
		}
	}
	s := runServer(t, nil)
	token := s.token(t, access.RoleAdministrator)
	size := func() string { return readiness(t, http.DefaultClient, "http://"+s.address, "")["entries"] }
	before := size()
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		r := programme(t, "http://"+s.address, token)
		r.Method = method
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode < 400 || size() != before {
			t.Errorf("%s of a command: %d, %s entries after %s", method, res.StatusCode, size(), before)
		}
	}
}
