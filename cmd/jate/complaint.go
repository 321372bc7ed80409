package main

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/feedback"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

// officeFlags are those of commands that a person gives on the folder itself.
type officeFlags struct {
	dir, programme, staff, lang, pass *string
}

func addOfficeFlags(fs *flag.FlagSet) officeFlags {
	return officeFlags{
		dir:       fs.String("data", "", "data folder"),
		programme: fs.String("programme", "", "programme id; needed where there are several"),
		staff:     fs.String("staff", "office", "staff id: opaque, never a name"),
		lang:      fs.String("lang", "", "fr or en; the terminal's without it"),
		pass:      fs.String("passphrases", "", "folder with server.txt instead of asking"),
	}
}

// in opens the folder and runs fn as the staff member in the roles.
func (o officeFlags) in(ctx context.Context, env *environment, fn func(*app, access.Actor) error, roles ...access.Role) error {
	if *o.lang == "" {
		*o.lang = "en"
		if french(env.getenv) {
			*o.lang = "fr"
		}
	}
	a, err := openApp(appConfig{dir: *o.dir, ask: env.passphrases(*o.pass), now: time.Now, random: rand.Reader, log: env.quiet()})
	if err != nil {
		return err
	}
	programme, err := onlyProgramme(ctx, a.db, *o.programme)
	if err == nil {
		err = fn(a, local(programme, *o.staff, roles...))
	}
	return errors.Join(err, a.close())
}

// say returns the sentence in the language of the command.
func (o officeFlags) say(en, fr string) string {
	if *o.lang == "fr" {
		return fr
	}
	return en
}

// inputMax bounds what is read of a file or the input, in bytes.
const inputMax = 1 << 16

// readInput reads the input, or a file where path is one.
func readInput(env *environment, path string) (string, error) {
	from := env.stdin
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return "", err
		}
		defer f.Close()
		from = f
	}
	b, err := io.ReadAll(io.LimitReader(from, inputMax))
	return strings.TrimSpace(string(b)), err
}

// subcommand runs the one named first among the arguments.
func subcommand(ctx context.Context, env *environment, name string, commands map[string]func(context.Context, *environment) error) error {
	var names []string
	for n := range commands {
		names = append(names, n)
	}
	if len(env.args) > 0 {
		if run, ok := commands[env.args[0]]; ok {
			sub := *env
			sub.args = env.args[1:]
			return run(ctx, &sub)
		}
	}
	return fmt.Errorf("jate %s needs one of %s", name, sortedList(names))
}

func complaintCommand(ctx context.Context, env *environment) error {
	return subcommand(ctx, env, "complaint", map[string]func(context.Context, *environment) error{
		"record": recordComplaint, "held": reportHeld, "list": listComplaints, "show": showComplaint,
		"slips": printSlips, "slip": printSlip, "assign": assignComplaint, "answer": answerComplaint, "close": closeComplaint, "erase": eraseComplaint, "ask": askComplaint,
	})
}

// complaintHandlers are the roles that somebody at the console has. A complaint
// about abuse is not shown there without --safeguarding.
func complaintHandlers(safeguarding bool) []access.Role {
	if safeguarding {
		return []access.Role{access.RoleSafeguarding}
	}
	return []access.Role{access.RoleMEALOfficer}
}

func serialList(text string) ([]voucher.Serial, error) {
	var out []voucher.Serial
	for t := range strings.SplitSeq(text, ",") {
		if t = strings.TrimSpace(t); t == "" {
			continue
		}
		s, err := voucher.ParseSerial(t)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

func recordComplaint(ctx context.Context, env *environment) error {
	fs := env.flags("complaint record")
	o := addOfficeFlags(fs)
	channel := fs.String("channel", "hotline", "hotline, sms, paper, box or point")
	category := fs.String("category", "", "exclusion, inclusion, vendor-misconduct, staff-misconduct, safeguarding, card-held, card-lost, price, quality or other")
	text := fs.String("text", "-", "file with what was said; - reads the input")
	serials := fs.String("serials", "", "cards that it names, with commas")
	vendor := fs.String("vendor", "", "trader that it names")
	point := fs.String("point", "", "distribution point that it names")
	round := fs.String("round", "", "round that it is about")
	number := fs.String("slip", "", "number of the blank slip that its author has")
	if _, err := env.parse(fs, 0); err != nil {
		return err
	}
	cards, err := serialList(*serials)
	if err != nil {
		return err
	}
	said, err := readInput(env, *text)
	if err != nil {
		return err
	}
	return o.in(ctx, env, func(a *app, by access.Actor) error {
		r, err := a.feedbacks.RecordComplaint(ctx, feedback.RecordComplaint{By: by, Key: rand.Text(), Channel: feedback.Channel(*channel),
			Category: feedback.Category(*category), Text: said, Serials: cards, Vendor: vendors.ID(*vendor), Point: *point, Round: *round, Slip: *number})
		if err != nil {
			return err
		}
		return o.slip(env, r.Complaint, r.OnPaper, r.Code)
	}, access.RoleMEALOfficer)
}

// slip is what the author is given or told. Where he has a slip already, the day
// to write on it may be another one than the office's.
func (o officeFlags) slip(env *environment, c feedback.Complaint, onPaper time.Time, code string) error {
	if code == "" {
		_, err := fmt.Fprintf(env.stdout, o.say("complaint %s, an answer by %s\nto write on the slip: %s\n",
			"plainte %s, réponse avant le %s\nà écrire sur le papier : %s\n"), c.ID, c.Due.Format(time.DateOnly), onPaper.Format("02/01/2006"))
		return err
	}
	_, err := fmt.Fprintf(env.stdout, o.say("complaint %s, an answer by %s\ncode for its author: %s\n",
		"plainte %s, réponse avant le %s\ncode pour son auteur : %s\n"), c.ID, c.Due.Format(time.DateOnly), code)
	return err
}

func reportHeld(ctx context.Context, env *environment) error {
	fs := env.flags("complaint held")
	o := addOfficeFlags(fs)
	channel := fs.String("channel", "hotline", "hotline, sms, paper, box or point")
	serials := fs.String("serials", "", "the cards, with commas")
	household := fs.String("household", "", "or the household's id, where no number is known")
	round := fs.String("round", "", "round of the household's cards")
	spare := fs.String("spare", "", "spare that is handed over for a single card; any without it")
	number := fs.String("slip", "", "number of the blank slip that its author has")
	second := fs.String("second", "", "staff id of the second person, who agrees at once")
	if _, err := env.parse(fs, 0); err != nil {
		return err
	}
	cards, err := serialList(*serials)
	if err != nil {
		return err
	}
	spares, err := serialList(*spare)
	if err != nil {
		return err
	}
	return o.in(ctx, env, func(a *app, by access.Actor) error {
		cmd := feedback.ReportHeld{By: by, Key: rand.Text(), Channel: feedback.Channel(*channel), Serials: cards,
			Household: distribution.BeneficiaryID(*household), Round: *round, Slip: *number}
		if len(spares) == 1 {
			cmd.Spare = spares[0]
		}
		if *second != "" {
			cmd.Second = local(by.Programme, *second, access.RoleListApprover)
			if err := a.settings.acts(cmd.Second); err != nil {
				return err
			}
		}
		r, err := a.feedbacks.ReportHeld(ctx, cmd)
		if err != nil {
			return err
		}
		for _, c := range r.Cards {
			line := c.Serial.Printed() + " " + string(c.Life)
			switch {
			case c.Problem != "":
				line += " " + c.Problem
			case c.Life == voucher.Replaced:
				line += o.say(" by ", " par ") + c.Spare.Printed()
			default:
				line += o.say(" spare ", " réserve ") + c.Spare.Printed() + o.say(" proposal ", " proposition ") + c.Proposal
			}
			if _, err := fmt.Fprintln(env.stdout, line); err != nil {
				return err
			}
		}
		return o.slip(env, r.Complaint, r.Complaint.Due, r.Code)
	}, access.RoleMEALOfficer)
}

func listComplaints(ctx context.Context, env *environment) error {
	fs := env.flags("complaint list")
	o := addOfficeFlags(fs)
	overdue := fs.Bool("overdue", false, "only those whose author should have had an answer")
	safeguarding := fs.Bool("safeguarding", false, "as the focal point for safeguarding")
	if _, err := env.parse(fs, 0); err != nil {
		return err
	}
	return o.in(ctx, env, func(a *app, by access.Actor) error {
		for after := ""; ; {
			page, err := a.feedbacks.Complaints(ctx, feedback.ListComplaints{By: by, Overdue: *overdue, After: after, Limit: 1000})
			if err != nil {
				return err
			}
			for _, c := range page.Items {
				late := ""
				if c.Overdue(page.Now) {
					late = o.say("overdue", "en retard")
				}
				fmt.Fprintln(env.stdout, strings.TrimSpace(strings.Join([]string{c.ID, string(c.Category), string(c.Channel), string(c.State()),
					c.Due.Format(time.DateOnly), late}, "  ")))
			}
			if after = page.Next; after == "" {
				return nil
			}
		}
	}, complaintHandlers(*safeguarding)...)
}

func showComplaint(ctx context.Context, env *environment) error {
	fs := env.flags("complaint show")
	o := addOfficeFlags(fs)
	safeguarding := fs.Bool("safeguarding", false, "as the focal point for safeguarding")
	args, err := env.parse(fs, 1)
	if err != nil {
		return err
	}
	return o.in(ctx, env, func(a *app, by access.Actor) error {
		id, err := a.complaintNamed(ctx, by, args[0])
		if err != nil {
			return err
		}
		v, err := a.feedbacks.Complaint(ctx, feedback.ReadComplaint{By: by, ID: id})
		if err != nil {
			return err
		}
		fmt.Fprintf(env.stdout, "%s  %s  %s  %s\n%s\n", v.ID, v.Category, v.Channel, v.State(), v.Text)
		if v.Answer != "" {
			fmt.Fprintf(env.stdout, "→ %s\n", v.Answer)
		}
		for _, e := range v.Evidence {
			fmt.Fprintf(env.stdout, "%s  %s  %s  %s\n", e.Serial.Printed(), e.Vendor, e.State, e.At.To.Format(time.RFC3339))
		}
		return nil
	}, complaintHandlers(*safeguarding)...)
}

// complaintNamed returns the id, which may be latest.
func (a *app) complaintNamed(ctx context.Context, by access.Actor, id string) (string, error) {
	if id != latest {
		return id, nil
	}
	for after := ""; ; {
		page, err := a.feedbacks.Complaints(ctx, feedback.ListComplaints{By: by, After: after, Limit: 1000})
		if err != nil {
			return "", err
		}
		if n := len(page.Items); n > 0 {
			id = page.Items[n-1].ID
		}
		if after = page.Next; after == "" {
			return id, nil
		}
	}
}

// handling is a command on one complaint.
func handling(ctx context.Context, env *environment, name string, more func(*flag.FlagSet), do func(*app, access.Actor, string) (feedback.Complaint, error)) error {
	fs := env.flags("complaint " + name)
	o := addOfficeFlags(fs)
	safeguarding := fs.Bool("safeguarding", false, "as the focal point for safeguarding")
	more(fs)
	args, err := env.parse(fs, 1)
	if err != nil {
		return err
	}
	return o.in(ctx, env, func(a *app, by access.Actor) error {
		id, err := a.complaintNamed(ctx, by, args[0])
		if err != nil {
			return err
		}
		c, err := do(a, by, id)
		if err == nil {
			_, err = fmt.Fprintf(env.stdout, "%s %s\n", c.ID, c.State())
		}
		return err
	}, complaintHandlers(*safeguarding)...)
}

func assignComplaint(ctx context.Context, env *environment) error {
	var to, category *string
	return handling(ctx, env, "assign", func(fs *flag.FlagSet) {
		to = fs.String("to", "", "pseudonym of who takes it")
		category = fs.String("category", "", "another category")
	}, func(a *app, by access.Actor, id string) (feedback.Complaint, error) {
		return a.feedbacks.AssignComplaint(ctx, feedback.AssignComplaint{By: by, Key: rand.Text(), ID: id, To: *to, Category: feedback.Category(*category)})
	})
}

func answerComplaint(ctx context.Context, env *environment) error {
	var text *string
	return handling(ctx, env, "answer", func(fs *flag.FlagSet) {
		text = fs.String("text", "-", "file with what its author is told; - reads the input")
	}, func(a *app, by access.Actor, id string) (feedback.Complaint, error) {
		said, err := readInput(env, *text)
		if err != nil {
			return feedback.Complaint{}, err
		}
		return a.feedbacks.AnswerComplaint(ctx, feedback.AnswerComplaint{By: by, Key: rand.Text(), ID: id, Answer: said})
	})
}

func closeComplaint(ctx context.Context, env *environment) error {
	var outcome *string
	return handling(ctx, env, "close", func(fs *flag.FlagSet) {
		outcome = fs.String("outcome", "", "upheld, unfounded, referred or withdrawn")
	}, func(a *app, by access.Actor, id string) (feedback.Complaint, error) {
		return a.feedbacks.CloseComplaint(ctx, feedback.CloseComplaint{By: by, Key: rand.Text(), ID: id, Outcome: feedback.Outcome(*outcome)})
	})
}

// eraseComplaint erases what was said, as its author asks.
func eraseComplaint(ctx context.Context, env *environment) error {
	fs := env.flags("complaint erase")
	var o officeAPI
	o.add(fs)
	reason := fs.String("reason", "asked-for", "why: a code, no sentence")
	safeguarding := fs.Bool("safeguarding", false, "as the focal point for safeguarding, with --data")
	args, err := env.parse(fs, 1)
	if err != nil {
		return err
	}
	switch {
	case o.role != "":
	case *safeguarding:
		o.role = string(access.RoleSafeguarding)
	default:
		o.role = string(access.RoleDPO)
	}
	r, done, err := o.open(ctx, env)
	if err != nil {
		return err
	}
	_, err = r.command(ctx, "/api/v1/complaints/"+url.PathEscape(args[0])+"/erasure", rand.Text(), map[string]any{"reason": *reason})
	if err := errors.Join(err, done()); err != nil {
		return err
	}
	erased := "erased"
	if french(env.getenv) {
		erased = "effacée"
	}
	_, err = fmt.Fprintln(env.stdout, args[0], erased)
	return err
}

// askComplaint reads a code from the input, as a hotline asks for its callers.
func askComplaint(ctx context.Context, env *environment) error {
	fs := env.flags("complaint ask")
	o := addOfficeFlags(fs)
	if _, err := env.parse(fs, 0); err != nil {
		return err
	}
	code, err := readInput(env, "-")
	if err != nil {
		return err
	}
	return o.in(ctx, env, func(a *app, _ access.Actor) error {
		p, err := a.feedbacks.Ask(ctx, feedback.Ask{Code: code})
		if err == nil {
			_, err = fmt.Fprintln(env.stdout, strings.TrimSpace(string(p.State)+"\n"+p.Answer))
		}
		return err
	})
}
