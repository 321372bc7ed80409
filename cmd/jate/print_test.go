package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jate-cva/jate/internal/toolcheck"
	"github.com/jate-cva/jate/voucher"
	"github.com/jate-cva/jate/voucher/cards"
)

// station is a data folder with one lot's print job, and a folder to print to.
type station struct {
	data, pass, out string
	slips           string // their name in out
	stdout, stderr  bytes.Buffer
}

func newStation(t *testing.T, lot string, lines []voucher.PrintLine) *station {
	t.Helper()
	s := &station{data: t.TempDir(), pass: t.TempDir(), out: t.TempDir(), slips: "slips.pdf"}
	for _, name := range []string{"server", "root", "print"} {
		writeText(t, filepath.Join(s.pass, name+".txt"), "the passphrase of "+name+"\n")
	}
	const cheap = 10 // 2^10: the cost of guessing is not what is tested
	set := settings{Origin: "ngo.example/test", Issuer: "jate", Development: true}
	if err := makeFolder(s.data, set, s.environment().passphrases(s.pass), cheap); err != nil {
		t.Fatal(err)
	}
	set, err := readSettings(s.data)
	if err != nil {
		t.Fatal(err)
	}
	room, err := openPrintRoom(s.data, set)
	if err != nil {
		t.Fatal(err)
	}
	job, err := room.Open(lot)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range lines {
		if err := job.Line(l); err != nil {
			t.Fatal(err)
		}
	}
	if err := job.Commit(); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *station) environment(args ...string) *environment {
	return &environment{args: args, getenv: func(string) string { return "" },
		stdin: strings.NewReader(""), stdout: &s.stdout, stderr: &s.stderr}
}

func (s *station) path(name string) string { return s.out + "/" + name }

func (s *station) print(ctx context.Context, lot string) error {
	return printCommand(ctx, s.environment("--data", s.data, "--lot", lot, "--passphrases", s.pass,
		"--labels", s.path("labels.pdf"), "--slips", s.path(s.slips)))
}

// written lists what stands in the output folder, hidden files included.
func (s *station) written(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir(s.out)
	if err != nil {
		t.Fatal(err)
	}
	names := []string{}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func writeText(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// printLinesOf returns n lines as an issue in mode S and P would leave them.
func printLinesOf(t *testing.T, n int) []voucher.PrintLine {
	t.Helper()
	random := rand.NewChaCha8([32]byte{1})
	lines := make([]voucher.PrintLine, n)
	for i := range lines {
		serial, err1 := voucher.NewSerial(random)
		secret, err2 := voucher.NewSecret(random)
		pin, err3 := voucher.NewPIN(random)
		if err := errors.Join(err1, err2, err3); err != nil {
			t.Fatal(err)
		}
		lines[i] = voucher.PrintLine{Serial: serial, Number: voucher.Number(i + 1), Point: "P-7KQ", Secret: secret, PIN: pin}
	}
	return lines
}

// outside returns what an outside program prints, without spaces.
func outside(t *testing.T, program string, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), program, args...).Output()
	if err != nil {
		t.Fatalf("%s: %v", program, err)
	}
	return strings.Join(strings.Fields(string(out)), "")
}

// A lot's factors reach its papers, all of them, and nothing else.
func TestPrintCommand(t *testing.T) {
	const lot = "R7-L1"
	lines := printLinesOf(t, 30)
	s := newStation(t, lot, lines)
	if err := s.print(t.Context(), lot); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"labels.pdf", "slips.pdf"}, s.written(t)); diff != "" {
		t.Fatalf("files (-want +got):\n%s", diff)
	}
	t.Run("only their owner may read the files", func(t *testing.T) {
		for _, name := range s.written(t) {
			info, err := os.Stat(s.path(name))
			if err != nil {
				t.Fatal(err)
			}
			if info.Mode().Perm() != 0o600 {
				t.Errorf("%s has mode %v", name, info.Mode())
			}
		}
	})
	t.Run("nothing secret is said on the terminal", func(t *testing.T) {
		said := s.stdout.String() + s.stderr.String()
		if !strings.Contains(said, "30 labels, 30 slips") {
			t.Errorf("said %q", said)
		}
		for _, l := range lines {
			if strings.Contains(said, l.Secret) || strings.Contains(said, l.PIN) {
				t.Errorf("the factor of %s was said", l.Serial)
			}
		}
	})
	t.Run("labels bear every secret and slips every serial with its PIN", func(t *testing.T) {
		toolcheck.Need(t, "pdftotext")
		labels := outside(t, "pdftotext", "-raw", s.path("labels.pdf"), "-")
		slips := outside(t, "pdftotext", "-raw", s.path("slips.pdf"), "-")
		for _, l := range lines {
			printed := l.Serial.Printed()
			tail := strings.ReplaceAll(printed, "-", "")
			if want := l.Secret + "…" + tail[len(tail)-4:]; !strings.Contains(labels, want) {
				t.Errorf("label %s is missing", printed)
			}
			if got := strings.Count(slips, printed); got != 2 {
				t.Errorf("serial %s is on the slips %d times, want inside and outside", printed, got)
			}
			if strings.Contains(slips, l.Secret) {
				t.Errorf("the secret of %s is on a slip", printed)
			}
		}
	})
	t.Run("the code of a label is its secret", func(t *testing.T) {
		toolcheck.Need(t, "pdftoppm", "zbarimg")
		// The seventh label, second of the second row, at ten dots a millimetre.
		outside(t, "pdftoppm", "-r", "254", "-gray", "-png", "-singlefile", "-x", "491", "-y", "302",
			"-W", "356", "-H", "169", s.path("labels.pdf"), s.path("label"))
		got := outside(t, "zbarimg", "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", s.path("label.png"))
		if want := lines[6].Secret; got != want {
			t.Errorf("code = %q, want %q", got, want)
		}
	})
}

// Where anything is wrong, nothing is left behind and nothing is overwritten.
func TestPrintCommand_refusals(t *testing.T) {
	const lot = "R7-L1"
	ended, end := context.WithCancel(t.Context())
	end()
	for _, tt := range []struct {
		name    string
		spoil   func(t *testing.T, s *station)
		ctx     context.Context
		lot     string
		want    error
		remains []string
	}{
		{name: "a wrong passphrase", want: errPassphrase, spoil: func(t *testing.T, s *station) {
			writeText(t, filepath.Join(s.pass, "print.txt"), "a guess")
		}},
		{name: "a machine without the print key", want: errPrintKey, spoil: func(t *testing.T, s *station) {
			if err := os.Remove(keyPath(s.data, "print")); err != nil {
				t.Fatal(err)
			}
		}},
		{name: "a job for another key", want: errPassphrase, spoil: func(t *testing.T, s *station) {
			other := newStation(t, lot, printLinesOf(t, 1))
			if err := os.Rename(printPath(other.data, lot), printPath(s.data, lot)); err != nil {
				t.Fatal(err)
			}
		}},
		{name: "a lot without a job", lot: "R7-L2", want: errPrintJob},
		{name: "a lot that names another folder", lot: "../print/R7-L1"},
		{name: "slips over a file that exists", want: fs.ErrExist, remains: []string{"slips.pdf"},
			spoil: func(t *testing.T, s *station) { writeText(t, s.path("slips.pdf"), "somebody's") }},
		{name: "one name for both documents", want: fs.ErrExist,
			spoil: func(_ *testing.T, s *station) { s.slips = "./labels.pdf" }},
		{name: "an interrupt", ctx: ended, want: context.Canceled},
	} {
		t.Run(tt.name+" is refused", func(t *testing.T) {
			s := newStation(t, lot, printLinesOf(t, 3))
			if tt.spoil != nil {
				tt.spoil(t, s)
			}
			if tt.lot == "" {
				tt.lot = lot
			}
			if tt.ctx == nil {
				tt.ctx = t.Context()
			}
			err := s.print(tt.ctx, tt.lot)
			if err == nil || tt.want != nil && !errors.Is(err, tt.want) {
				t.Errorf("error = %v, want %v", err, tt.want)
			}
			if got := s.written(t); !slices.Equal(got, tt.remains) {
				t.Errorf("files = %v, want %v", got, tt.remains)
			}
		})
	}
}

func TestPrintCommand_lotWithoutPINs(t *testing.T) {
	lines := printLinesOf(t, 2)
	for i := range lines {
		lines[i].PIN = ""
	}
	s := newStation(t, "R7-L1", lines)
	if err := s.print(t.Context(), "R7-L1"); err != nil {
		t.Fatal(err)
	}
	if got := s.written(t); !slices.Equal(got, []string{"labels.pdf"}) {
		t.Errorf("files = %v", got)
	}
}

// What is too long for one document goes into several, in order.
func TestAddParts(t *testing.T) {
	toolcheck.Need(t, "pdftotext")
	dir := t.TempDir()
	var slips []cards.Slip
	for i := range 30 {
		slips = append(slips, cards.Slip{PIN: fmt.Sprintf("%06d", i), Serials: []string{fmt.Sprintf("AAAA-%04d", i)}})
	}
	job := cards.Job{Round: lotHeading(strings.Repeat("x", 30) + "-L1"), Made: time.Date(2026, 11, 2, 9, 30, 0, 0, time.UTC)}
	var out newFiles
	if err := addParts(t.Context(), &out, filepath.Join(dir, "slips.pdf"), slips, 12, job, cards.WriteSlips); err != nil {
		t.Fatal(err)
	}
	if err := out.keep(); err != nil {
		t.Fatal(err)
	}
	for part, want := range []int{12, 12, 6} {
		text := outside(t, "pdftotext", "-raw", filepath.Join(dir, fmt.Sprintf("slips-%d.pdf", part+1)), "-")
		if !strings.Contains(text, "xxx-L1") {
			t.Errorf("part %d does not name its lot", part+1)
		}
		for i := range slips {
			if has := strings.Contains(text, slips[i].Serials[0]); has != (i >= part*12 && i < part*12+want) {
				t.Errorf("slip %d in part %d: %t", i, part+1, has)
			}
		}
	}
	if len(out) != 3 {
		t.Errorf("%d files, want 3", len(out))
	}
}
