package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/feedback"
	"github.com/jate-cva/jate/internal/durable"
	"github.com/jate-cva/jate/reconcile"
	"github.com/jate-cva/jate/vendors"
)

func sampleCommand(ctx context.Context, env *environment) error {
	return subcommand(ctx, env, "sample", map[string]func(context.Context, *environment) error{
		"commit": commitSample, "freeze": freezeSample, "draw": drawSample, "list": listSamples, "calls": writeCalls, "seek": seekCalls,
		"frame": writeFrame, "check": checkSample, "results": showResults,
	})
}

func sortedList(names []string) string {
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// samplers is the role of who draws at the console, where nobody is a monitor: that
// takes a passkey.
var samplers = []access.Role{access.RoleMEALOfficer}

// latest stands for the newest complaint or sample on the command line.
const latest = "latest"

// sampleNamed returns the id, which may be latest.
func (a *app) sampleNamed(ctx context.Context, programme, id string) (string, error) {
	if id != latest {
		return id, nil
	}
	all, err := a.feedbacks.Samples(ctx, distribution.Query{By: local(programme, "office", samplers...)})
	if err == nil && len(all) == 0 {
		err = errors.New("there is no sample")
	}
	if err != nil {
		return "", err
	}
	return slices.MaxFunc(all, newer).ID, nil
}

// newer orders samples as the journal has them: ids do not tell those of one second
// apart.
func newer(a, b feedback.Sample) int { return cmp.Compare(a.CommitEntry, b.CommitEntry) }

// onSample opens the folder and runs fn on the sample in the roles.
func (o officeFlags) onSample(ctx context.Context, env *environment, id string, fn func(*app, access.Actor, string) error, roles ...access.Role) error {
	return o.in(ctx, env, func(a *app, by access.Actor) error {
		id, err := a.sampleNamed(ctx, by.Programme, id)
		if err != nil {
			return err
		}
		return fn(a, by, id)
	}, roles...)
}

// commitSample draws a nonce into a file, and commits to it.
func commitSample(ctx context.Context, env *environment) error {
	fs := env.flags("sample commit")
	o := addOfficeFlags(fs)
	round := fs.String("round", "", "round to sample")
	path := fs.String("nonce", "", "file to make; keep it to yourself until the draw")
	if _, err := env.parse(fs, 0); err != nil {
		return err
	}
	if *path == "" {
		return errors.New("--nonce is needed: the file that holds it until the draw")
	}
	if _, err := os.Stat(*path); err == nil {
		return fmt.Errorf("%s is there already", *path)
	}
	nonce := make([]byte, 32)
	rand.Read(nonce)
	if err := durable.Replace(*path, []byte(hex.EncodeToString(nonce)+"\n")); err != nil {
		return err
	}
	return o.in(ctx, env, func(a *app, by access.Actor) error {
		m, err := a.feedbacks.CommitSample(ctx, feedback.CommitSample{By: by, Key: rand.Text(), Round: *round, Commitment: sha256.Sum256(nonce)})
		return o.told(env, m, err)
	}, samplers...)
}

func (o officeFlags) told(env *environment, m feedback.Sample, err error) error {
	if err != nil {
		return err
	}
	size, replacements := 0, 0
	for _, x := range m.Strata {
		size, replacements = size+x.Size, replacements+x.Replacements
	}
	_, err = fmt.Fprintf(env.stdout, o.say("sample %s of %s: %s, %d households, %d to call, %d replacements\n",
		"échantillon %s de %s : %s, %d ménages, %d à appeler, %d remplaçants\n"), m.ID, m.Round, m.State(), m.Households, size, replacements)
	return err
}

func freezeSample(ctx context.Context, env *environment) error {
	fs := env.flags("sample freeze")
	o := addOfficeFlags(fs)
	d := feedback.Design{}
	fs.IntVar(&d.Confidence, "confidence", 95, "percent: 80, 85, 90, 95, 98 or 99")
	fs.IntVar(&d.Margin, "margin", 5, "percentage points, 1 to 20")
	fs.IntVar(&d.Minimum, "minimum", 5, "households of each stratum at least")
	fs.IntVar(&d.Replacements, "replacements", 20, "percent more, for who does not answer")
	by := fs.String("by", "point", "strata, with commas: point, vendor, sex, status")
	of := fs.String("of", "", "vendors, with commas, whose customers alone are called")
	args, err := env.parse(fs, 1)
	if err != nil {
		return err
	}
	for id := range strings.SplitSeq(*of, ",") {
		if id = strings.TrimSpace(id); id != "" {
			d.Vendors = append(d.Vendors, vendors.ID(id))
		}
	}
	for name := range strings.SplitSeq(*by, ",") {
		if name = strings.TrimSpace(name); name != "" {
			d.By = append(d.By, feedback.Dimension(name))
		}
	}
	return o.onSample(ctx, env, args[0], func(a *app, by access.Actor, id string) error {
		m, err := a.feedbacks.FreezeSample(ctx, feedback.FreezeSample{By: by, Key: rand.Text(), Sample: id, Design: d})
		if err := o.told(env, m, err); err != nil {
			return err
		}
		return a.checkpoint(ctx) // the draw needs one that covers the frame
	}, samplers...)
}

func drawSample(ctx context.Context, env *environment) error {
	fs := env.flags("sample draw")
	o := addOfficeFlags(fs)
	path := fs.String("nonce", "", "file with the nonce")
	args, err := env.parse(fs, 1)
	if err != nil {
		return err
	}
	text, err := readInput(env, *path)
	if err != nil {
		return err
	}
	nonce, err := hex.DecodeString(text)
	if err != nil {
		return fmt.Errorf("%s: no nonce", *path)
	}
	return o.onSample(ctx, env, args[0], func(a *app, by access.Actor, id string) error {
		m, err := a.feedbacks.DrawSample(ctx, feedback.DrawSample{By: by, Key: rand.Text(), Sample: id, Nonce: nonce})
		return o.told(env, m, err)
	}, samplers...)
}

// seekCalls lists the households whose word tells most about what detectors
// cannot decide.
func seekCalls(ctx context.Context, env *environment) error {
	fs := env.flags("sample seek")
	o := addOfficeFlags(fs)
	round := fs.String("round", "", "round whose sales are asked about")
	most := fs.Int("most", 8, "calls about each trader's sales, 1 to 50")
	if _, err := env.parse(fs, 0); err != nil {
		return err
	}
	return o.in(ctx, env, func(a *app, by access.Actor) error {
		m, err := a.reconciles.SeekCalls(ctx, reconcile.SeekCalls{By: by, Key: rand.Text(), Round: *round, Most: *most})
		return o.told(env, m, err)
	}, samplers...)
}

func listSamples(ctx context.Context, env *environment) error {
	fs := env.flags("sample list")
	o := addOfficeFlags(fs)
	if _, err := env.parse(fs, 0); err != nil {
		return err
	}
	return o.in(ctx, env, func(a *app, by access.Actor) error {
		all, err := a.feedbacks.Samples(ctx, distribution.Query{By: by})
		for _, m := range all {
			err = errors.Join(err, o.told(env, m, nil))
		}
		return err
	}, samplers...)
}

// writeCalls writes the call list, to a file by its ending or to the terminal.
func writeCalls(ctx context.Context, env *environment) error {
	fs := env.flags("sample calls")
	o := addOfficeFlags(fs)
	out := fs.String("out", "", "file that ends in .csv or .xlsx; the terminal without it")
	phones := fs.Bool("phones", false, "with telephone numbers, as the MEAL officer who calls")
	args, err := env.parse(fs, 1)
	if err != nil {
		return err
	}
	role := access.RoleMonitor
	if *phones {
		role = access.RoleMEALOfficer
	}
	return o.onSample(ctx, env, args[0], func(a *app, by access.Actor, id string) error {
		l, err := a.feedbacks.CallList(ctx, feedback.SampleByID{By: by, ID: id})
		if err != nil {
			return err
		}
		write := l.WriteText
		switch {
		case *out == "":
			return write(env.stdout, *o.lang)
		case strings.HasSuffix(*out, ".csv"):
			write = l.WriteCSV
		case strings.HasSuffix(*out, ".xlsx"):
			write = l.WriteXLSX
		default:
			return errors.New("--out ends in .csv or .xlsx")
		}
		var b bytes.Buffer
		if err := write(&b, *o.lang); err != nil {
			return err
		}
		return durable.Replace(*out, b.Bytes()) // mode 0600
	}, role)
}

func writeFrame(ctx context.Context, env *environment) error {
	fs := env.flags("sample frame")
	o := addOfficeFlags(fs)
	args, err := env.parse(fs, 1)
	if err != nil {
		return err
	}
	return o.onSample(ctx, env, args[0], func(a *app, by access.Actor, id string) error {
		text, err := a.feedbacks.Frame(ctx, feedback.SampleByID{By: by, ID: id})
		if err == nil {
			_, err = env.stdout.Write(text)
		}
		return err
	}, samplers...)
}

// checkSample draws again from the leaves and the frame, and needs no key.
func checkSample(ctx context.Context, env *environment) error {
	fs := env.flags("sample check")
	dir := fs.String("data", "", "data folder with the journal; or else --leaves")
	leaves := fs.String("leaves", "", "file with the journal's leaves, one a line")
	path := fs.String("frame", "", "file with the frame")
	args, err := env.parse(fs, 1)
	if err != nil {
		return err
	}
	frame, err := os.ReadFile(*path)
	if err != nil {
		return err
	}
	var from io.Reader
	id := args[0]
	if *leaves != "" {
		f, err := os.Open(*leaves)
		if err != nil {
			return err
		}
		defer f.Close()
		from = f
	} else {
		db, _, err := openStore(*dir, env.quiet())
		if err != nil {
			return err
		}
		var b bytes.Buffer
		var last feedback.Sample
		err = db.Feedback().View(ctx, func(tx feedback.Tx) error {
			for p, err := range tx.Programmes() {
				for m, err := range tx.Samples(p.ID) {
					if err != nil {
						return err
					}
					if args[0] == latest && !m.Sought && newer(m, last) > 0 {
						last, id = m, m.ID
					}
				}
				if err != nil {
					return err
				}
			}
			for r, err := range tx.Journal(0) {
				if err != nil {
					return err
				}
				b.Write(r.Leaf)
				b.WriteByte('\n')
			}
			return nil
		})
		if err := errors.Join(err, db.Close()); err != nil {
			return err
		}
		from = &b
	}
	picks, err := feedback.Redraw(from, frame, id)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(env.stdout, "ok drawn=%d\n", len(picks))
	return err
}

func showResults(ctx context.Context, env *environment) error {
	fs := env.flags("sample results")
	o := addOfficeFlags(fs)
	out := fs.String("out", "", "file that ends in .xlsx; the terminal without it")
	args, err := env.parse(fs, 1)
	if err != nil {
		return err
	}
	return o.onSample(ctx, env, args[0], func(a *app, by access.Actor, id string) error {
		r, err := a.feedbacks.Results(ctx, feedback.SampleByID{By: by, ID: id})
		if err != nil {
			return err
		}
		switch {
		case *out == "":
			return r.WriteText(env.stdout, *o.lang)
		case !strings.HasSuffix(*out, ".xlsx"):
			return errors.New("--out ends in .xlsx")
		}
		var b bytes.Buffer
		if err := r.WriteXLSX(&b, *o.lang); err != nil {
			return err
		}
		return durable.Replace(*out, b.Bytes())
	}, samplers...)
}

// answersCommand reads a filled call list.
func answersCommand(ctx context.Context, env *environment) error {
	fs := env.flags("answers")
	o := addOfficeFlags(fs)
	sample := fs.String("sample", "", "sample whose call list it is; latest for the newest")
	args, err := env.parse(fs, 1)
	if err != nil {
		return err
	}
	info, err := os.Stat(args[0])
	if err != nil {
		return err
	}
	if info.Size() > feedback.FileMax {
		return fmt.Errorf("%s: more than %d bytes", args[0], feedback.FileMax)
	}
	file, err := os.ReadFile(args[0])
	if err != nil {
		return err
	}
	return o.onSample(ctx, env, *sample, func(a *app, by access.Actor, id string) error {
		r, err := a.feedbacks.ImportAnswers(ctx, feedback.ImportAnswers{By: by, Key: rand.Text(), Sample: id, File: file})
		if err != nil {
			return err
		}
		for _, f := range r.Refused {
			fmt.Fprintf(env.stdout, "%s: %s\n", f.Location, f.Message)
		}
		_, err = fmt.Fprintf(env.stdout, o.say("%d new, %d changed, %d the same, %d refused\n", "%d nouvelles, %d changées, %d inchangées, %d refusées\n"),
			r.New, r.Changed, r.Same, len(r.Refused))
		return err
	}, access.RoleMEALOfficer)
}
