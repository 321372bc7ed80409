package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/jate-cva/jate/access"
)

// A new folder lets nobody in: there is no account, and no token but those that
// its own key signs.
func TestASVS_6_3_2(t *testing.T) {
	one, other := runServer(t, nil), runServer(t, nil)
	for name, token := range map[string]string{"no token": "", "an empty token": "x", "another folder's administrator": other.token(t, access.RoleAdministrator)} {
		res, err := http.DefaultClient.Do(programme(t, "http://"+one.address, token))
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s: %d", name, res.StatusCode)
		}
	}
}

// The table of roles in the description is the one that the server keeps, for
// every role and every staff route that reads. TestOpenAPI has the same for
// commands, whose bodies must be right before a role is looked at.
func TestASVS_8_2_1(t *testing.T) {
	doc, err := openapi3.NewLoader().LoadFromFile(openapiFile)
	if err != nil {
		t.Fatal(err)
	}
	s := runServer(t, nil)
	tokens := map[access.Role]string{}
	for _, role := range access.Roles() {
		tokens[role] = s.token(t, role)
	}
	refused, passed := 0, 0
	for path, item := range doc.Paths.Map() {
		if item.Get == nil {
			continue
		}
		allowed, byStaff := roles(item.Get)
		if !byStaff {
			continue
		}
		for role, token := range tokens {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+s.address+pathParameter.ReplaceAllString(path, "x"), nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Authorization", "Bearer "+token)
			res, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			drop(t, res)
			switch {
			case allowed[string(role)]:
				passed++
				if res.StatusCode == http.StatusForbidden {
					t.Errorf("GET %s: %s is refused", path, role)
				}
			default:
				refused++
				// An address whose parameters are missing or wrong is refused for that.
				if res.StatusCode != http.StatusForbidden && res.StatusCode != http.StatusBadRequest && res.StatusCode != http.StatusNotFound {
					t.Errorf("GET %s: %s is answered %d", path, role, res.StatusCode)
				}
			}
		}
	}
	if refused < 100 || passed < 50 {
		t.Errorf("only %d refusals and %d others were looked at", refused, passed)
	}
}

// Who is refused stands in the log, under the reference that he was told, with
// neither his token nor his address.
func TestASVS_16_3_2(t *testing.T) {
	s := runServer(t, nil)
	forged := strings.Replace(s.token(t, access.RoleAdministrator), ".", ".e", 1)
	for code, token := range map[string]string{"token_invalid": forged, "role_missing": s.token(t, access.RoleMonitor)} {
		res, err := http.DefaultClient.Do(programme(t, "http://"+s.address, token))
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		line := ""
		for end := time.Now().Add(5 * time.Second); line == "" && time.Now().Before(end); time.Sleep(time.Millisecond) {
			for l := range strings.SplitSeq(s.log.String(), "\n") {
				if strings.Contains(l, res.Header.Get("X-Request-Id")) {
					line = l
				}
			}
		}
		if res.StatusCode/100 != 4 || !strings.Contains(line, `"level":"WARN"`) || !strings.Contains(line, code) {
			t.Errorf("%d, logged %q, want %s", res.StatusCode, line, code)
		}
	}
	if log := s.log.String(); strings.Contains(log, "eyJ") || strings.Contains(log, forged[:20]) {
		t.Error("a token is in the log")
	}
}
