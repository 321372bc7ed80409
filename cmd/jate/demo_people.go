package main

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/access/grant"
	"github.com/jate-cva/jate/access/staff/softkey"
)

// demoPassword is the auditor's, to sign in with in a browser.
const demoPassword = "sept pirogues remontent le Bani" // #nosec G101 -- of a folder for development, and printed

// demoStaff are the people and what each of them does.
var demoStaff = []struct {
	name string
	role access.Role
}{
	{"registrar", access.RoleRegistrar}, {"approver", access.RoleListApprover}, {"second-approver", access.RoleListApprover},
	{"issuer", access.RoleIssuer}, {"second-issuer", access.RoleIssuer}, {"field", access.RoleVendorManager},
	{"phones", access.RoleHandheldManager}, {"second-phones", access.RoleHandheldManager},
	{"preparer", access.RoleFinancePreparer}, {"finance", access.RoleFinanceApprover}, {"second-finance", access.RoleFinanceApprover},
	{"meal", access.RoleMEALOfficer}, {"officer", access.RoleDistributionOfficer}, {"auditor", access.RoleAuditor},
}

// hire has everybody come as people do, over HTTP: the first administrator by the
// console's code, the second by another of the console's, the others by invitation
// and two administrators. Each has a passkey in software.
func (d *demo) hire(ctx context.Context) error {
	d.staff, d.people, d.codes = map[string]access.Actor{}, map[string]softkey.Key{}, map[string][]string{}
	code, err := d.app.people.First(ctx)
	if err != nil {
		return err
	}
	admin, err := d.join(ctx, "admin", code)
	if err != nil {
		return err
	}
	second, id, err := d.recruit(ctx, admin, "second-admin", "")
	if err != nil {
		return err
	}
	p, err := d.propose(ctx, admin, id, access.RoleAdministrator)
	if err != nil {
		return err
	}
	if err := d.console(&p); err != nil {
		return err
	}
	if err := d.agree(ctx, admin, p); err != nil {
		return err
	}
	for _, s := range demoStaff {
		_, id, err := d.recruit(ctx, admin, s.name, "")
		if err != nil {
			return err
		}
		if p, err = d.propose(ctx, admin, id, s.role); err != nil {
			return err
		}
		if err := d.agree(ctx, second, p); err != nil {
			return err
		}
	}
	// A monitor is of another organisation, which agrees to it for itself.
	head, _, err := d.recruit(ctx, admin, "monitor-head", "donor.example")
	if err != nil {
		return err
	}
	d.clock.set(d.clock.Now().Add(time.Second)) // the head is the organisation's first member
	if _, id, err = d.recruit(ctx, admin, "monitor", "donor.example"); err != nil {
		return err
	}
	if p, err = d.propose(ctx, admin, id, access.RoleMonitor); err != nil {
		return err
	}
	if err := d.agree(ctx, head, p); err != nil {
		return err
	}
	for name := range d.people {
		if err := d.arrive(ctx, name); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// join accepts an invitation and returns an access token.
func (d *demo) join(ctx context.Context, name, code string) (string, error) {
	var o struct {
		Offer struct {
			Ceremony string
			Passkey  json.RawMessage
		}
	}
	if err := tell(ctx, d.address, "/api/v1/invitations/opening", "", map[string]any{"code": code, "name": name}, &o); err != nil {
		return "", err
	}
	key, made, err := softkey.Create(usualURL, o.Offer.Passkey)
	if err != nil {
		return "", err
	}
	d.people[name] = key
	body := map[string]any{"code": code, "name": name, "ceremony": o.Offer.Ceremony, "passkey": made, "tokens": true, "programme": demoProgramme}
	if name == "auditor" {
		body["password"] = demoPassword
	}
	var t tokens
	if err := tell(ctx, d.address, "/api/v1/invitations/acceptance", "", body, &t); err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	d.codes[name] = t.Codes
	return t.Access, nil
}

// recruit invites somebody, who accepts, and returns the person's token and id.
func (d *demo) recruit(ctx context.Context, by, name, organisation string) (token, id string, err error) {
	var in struct {
		Member staffMember
		Code   string
	}
	if err := tell(ctx, d.address, "/api/v1/staff", by, map[string]any{"organisation": organisation, "language": "fr"}, &in); err != nil {
		return "", "", fmt.Errorf("invite %s: %w", name, err)
	}
	token, err = d.join(ctx, name, in.Code)
	return token, in.Member.ID, err
}

// proposedRole is a role that waits for a second person.
type proposedRole struct {
	ID, Digest string
	console    string
}

func (d *demo) propose(ctx context.Context, by, member string, role access.Role) (p proposedRole, err error) {
	err = tell(ctx, d.address, "/api/v1/grants", by, map[string]any{"member": member, "role": role, "programme": demoProgramme}, &p)
	if err != nil {
		err = fmt.Errorf("propose %s: %w", role, err)
	}
	return p, err
}

// console is the code of whoever has the folder, while there is no second
// administrator.
func (d *demo) console(p *proposedRole) error {
	key, err := grant.ConsoleKey(d.app.keys.data)
	if err != nil {
		return err
	}
	var digest [32]byte
	if n, err := hex.Decode(digest[:], []byte(p.Digest)); err != nil || n != len(digest) {
		return fmt.Errorf("the digest of a proposal: %w", err)
	}
	p.console = grant.ConsoleCode(key, p.ID, digest)
	return nil
}

func (d *demo) agree(ctx context.Context, by string, p proposedRole) error {
	body := map[string]any{"digest": p.Digest}
	if p.console != "" {
		body["console_code"] = p.console
	}
	if err := tell(ctx, d.address, "/api/v1/grants/"+p.ID+"/approvals", by, body, &struct{}{}); err != nil {
		return fmt.Errorf("approve a role: %w", err)
	}
	return nil
}

// arrive signs somebody in and keeps who the server then says it is.
func (d *demo) arrive(ctx context.Context, name string) error {
	t, err := passkeyLogin(ctx, d.address, demoProgramme, d.people[name])
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, d.address, nil)
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+t.Access)
	known, err := d.app.people.Authenticate(ctx, r)
	if err != nil {
		return err
	}
	d.staff[name], err = access.FromContext(known)
	return err
}

// keepPeople writes everybody's passkey for a visitor, bound to where the server is
// now. The passphrase lies beside it: this is a demo.
func (d *demo) keepPeople(office string) error {
	dir := filepath.Join(d.dir, "people")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for name, key := range d.people {
		key.Origin = office
		if err := writePasskey(filepath.Join(dir, name+".passkey"), key, d.ask(), 10); err != nil {
			return err
		}
	}
	return nil
}

// localhost is where a browser on this machine reaches a listener: a passkey
// belongs to a name.
func localhost(l net.Listener) string {
	_, port, _ := strings.Cut(l.Addr().String(), "]:")
	if port == "" {
		_, port, _ = strings.Cut(l.Addr().String(), ":")
	}
	return "http://localhost:" + port
}
