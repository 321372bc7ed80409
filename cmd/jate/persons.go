package main

import (
	"context"
	"crypto/rand"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/jate-cva/jate/internal/durable"
)

// personsExport is what is printed of an export of persons.
type personsExport struct {
	ID, Recipient, Purpose, Digest string
	Fields                         []string
	Households, Approvals, Copies  int
}

func (e personsExport) say(env *environment) error {
	return env.say("export %s: %s of %d households, for %s, purpose %s; approvals %d, copies %d\ndigest %s",
		"export %s : %s de %d ménages, pour %s, motif %s ; approbations %d, copies %d\nempreinte %s",
		e.ID, strings.Join(e.Fields, ","), e.Households, e.Recipient, e.Purpose, e.Approvals, e.Copies, e.Digest)
}

var personsFlags = []officeFlag{
	{name: "export", help: "the export"},
	{name: "recipient", help: "prepare: the age recipient that it is encrypted to"},
	{name: "fields", help: "prepare: fields, separated by commas, such as name,phone"},
	{name: "purpose", help: "prepare: why, as a code; it is journalled"},
	{name: "point", help: "prepare: households of one point"},
	{name: "digest", help: "approve: of the export that you have looked at"},
	{name: "out", help: "take: the file to write, as it is encrypted"},
}

// personsActions export persons, by two people, and trace a list that leaked.
var personsActions = map[string]officeAction{
	"prepare": {[]string{"recipient", "fields", "purpose"}, 0, func(ctx context.Context, c call) error {
		return exportSaid(ctx, c, "/exports", map[string]any{"recipient": c.flags("recipient"), "purpose": c.flags("purpose"),
			"point": c.flags("point"), "fields": strings.Split(c.flags("fields"), ",")})
	}},
	"approve": {[]string{"export", "digest"}, 0, func(ctx context.Context, c call) error {
		return exportSaid(ctx, c, "/exports/{export}/approval", map[string]any{"digest": c.flags("digest")})
	}},
	"list": {nil, 0, func(ctx context.Context, c call) error {
		var page struct{ Items []personsExport }
		if err := c.r.read(ctx, c.path("/exports"), &page); err != nil {
			return err
		}
		for _, e := range page.Items {
			if err := e.say(c.env); err != nil {
				return err
			}
		}
		return nil
	}},
	"take": {[]string{"export", "out"}, 0, func(ctx context.Context, c call) error {
		if err := mustBeNew(c.flags("out")); err != nil {
			return err
		}
		b, err := c.r.command(ctx, c.path("/exports/{export}/copies"), rand.Text(), nil)
		if err != nil {
			return err
		}
		if err := durable.Replace(c.flags("out"), b); err != nil {
			return err
		}
		return c.env.say("%d bytes, sha256 %s", "%d octets, sha256 %s", len(b), hashText(b))
	}},
	"trace": {nil, 1, func(ctx context.Context, c call) error {
		refs, phones, err := readLeak(c.files[0])
		if err != nil {
			return err
		}
		found, err := post[struct {
			Items []struct {
				Export, Recipient      string
				Copy, Refs, Neighbours int
				InOrder                int `json:"in_order"`
			}
		}](ctx, c.r, c.path("/exports/trace"), map[string]any{"refs": refs, "phones": phones})
		if err != nil {
			return err
		}
		return c.table(func(w io.Writer) error {
			for _, t := range found.Items {
				if _, err := fmt.Fprintf(w, "%s\t%d\t%s\trefs %d of %d\torder %d of %d\n", t.Export, t.Copy, t.Recipient,
					t.Refs, len(refs), t.InOrder, t.Neighbours); err != nil {
					return err
				}
			}
			return nil
		})
	}},
}

func exportSaid(ctx context.Context, c call, pattern string, body map[string]any) error {
	e, err := post[personsExport](ctx, c.r, c.path(pattern), body)
	if err != nil {
		return err
	}
	return e.say(c.env)
}

// leakMax bounds how many rows of a list that was found are looked at.
const leakMax = 1000

// readLeak reads the references and telephone numbers of a CSV file that was
// found: whatever cell looks like one, in any column.
func readLeak(path string) (refs, phones []string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	c := csv.NewReader(f)
	c.FieldsPerRecord, c.LazyQuotes = -1, true
	for len(refs) < leakMax && len(phones) < leakMax {
		row, err := c.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, nil, fmt.Errorf("%s is no CSV file: %w", path, err)
		}
		for _, cell := range row {
			switch digits, plus := strings.CutPrefix(cell, "+"); {
			case plus && len(digits) > 7 && strings.Trim(digits, "0123456789") == "":
				phones = append(phones, cell)
			case len(cell) == 12 && strings.Trim(cell, "0123456789abcdef") == "":
				refs = append(refs, cell)
			}
		}
	}
	if len(refs)+len(phones) == 0 {
		return nil, nil, fmt.Errorf("%s has neither references nor telephone numbers", path)
	}
	return refs, phones[:min(len(phones), leakMax)], nil
}

func personsCommand(ctx context.Context, env *environment) error {
	return officeCommand(ctx, env, "persons", personsFlags, personsActions)
}
