package cards_test

import (
	"bytes"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// run returns what an outside program prints.
func run(t testing.TB, program string, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), program, args...).Output()
	if err != nil {
		t.Fatalf("%s: %v", program, err)
	}
	return string(out)
}

func saved(t testing.TB, pdf []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "paper.pdf")
	if err := os.WriteFile(file, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// rendered returns the file of one page at 150 dots per inch.
func rendered(t testing.TB, pdf []byte, page int) string {
	t.Helper()
	file, n := saved(t, pdf), strconv.Itoa(page)
	base := strings.TrimSuffix(file, ".pdf")
	run(t, "pdftoppm", "-r", "150", "-gray", "-png", "-singlefile", "-f", n, "-l", n, file, base)
	return base + ".png"
}

// scan returns what ZBar reads in images, in their order.
func scan(t testing.TB, images ...string) []string {
	t.Helper()
	return strings.Fields(run(t, "zbarimg", append([]string{"--quiet", "--raw", "-Sdisable", "-Sqrcode.enable"}, images...)...))
}

// codes returns the codes of one page, sorted.
func codes(t testing.TB, pdf []byte, page int) []string {
	t.Helper()
	got := scan(t, rendered(t, pdf, page))
	slices.Sort(got)
	return got
}

// codesAt returns the codes in places of one page, given in tenths of a
// millimetre, in the order of the places.
func codesAt(t testing.TB, pdf []byte, page int, places []image.Rectangle) []string {
	t.Helper()
	name := rendered(t, pdf, page)
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	whole, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	dots := func(tenths int) int { return tenths * 150 / 254 }
	files := make([]string, len(places))
	for i, p := range places {
		part := image.NewGray(image.Rect(0, 0, dots(p.Dx()), dots(p.Dy())))
		draw.Draw(part, part.Rect, whole, image.Pt(dots(p.Min.X), dots(p.Min.Y)), draw.Src)
		var b bytes.Buffer
		if err := png.Encode(&b, part); err != nil {
			t.Fatal(err)
		}
		files[i] = fmt.Sprintf("%s.%03d.png", name, i)
		if err := os.WriteFile(files[i], b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return scan(t, files...)
}

// textOf returns the text of a document with every run of spaces, narrow and
// unbreakable ones included, as one space.
func textOf(t testing.TB, pdf []byte, options ...string) string {
	t.Helper()
	out := run(t, "pdftotext", append(options, "-enc", "UTF-8", saved(t, pdf), "-")...)
	return strings.Join(strings.Fields(out), " ")
}

func pageCount(t testing.TB, pdf []byte) int {
	t.Helper()
	for line := range strings.Lines(run(t, "pdfinfo", saved(t, pdf))) {
		if value, ok := strings.CutPrefix(line, "Pages:"); ok {
			n, err := strconv.Atoi(strings.TrimSpace(value))
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
	}
	t.Fatal("pdfinfo names no pages")
	return 0
}
