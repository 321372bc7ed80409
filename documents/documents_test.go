package documents_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jate-cva/jate/documents"
	"github.com/jate-cva/jate/money"
)

// workbook is an archive with members of these names.
func workbook(t testing.TB, names ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, n := range names {
		w, err := z.Create(n)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte("<x/>")); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// What content is, its own bytes say; what they do not say is refused.
func TestTypeOf(t *testing.T) {
	for name, c := range map[string]struct {
		content []byte
		want    documents.Type
	}{
		"a PDF":               {[]byte("%PDF-1.7\n"), documents.PDF},
		"a photo":             {[]byte("\xff\xd8\xff\xe0\x00\x10JFIF"), documents.JPEG},
		"a screen":            {[]byte("\x89PNG\r\n\x1a\n"), documents.PNG},
		"a scan":              {[]byte("II*\x00\x08"), documents.TIFF},
		"a scan of a Mac":     {[]byte("MM\x00*\x00"), documents.TIFF},
		"a picture of today":  {[]byte("RIFF\x10\x00\x00\x00WEBPVP8 "), documents.WebP},
		"a workbook":          {workbook(t, "[Content_Types].xml", "xl/workbook.xml"), documents.XLSX},
		"an evidence pack":    {[]byte(" {\"case\":\"k1\"}\n"), documents.JSON},
		"nothing":             {nil, ""},
		"a page":              {[]byte("<html><script>"), ""},
		"a picture that runs": {[]byte("<svg xmlns='http://www.w3.org/2000/svg'>"), ""},
		"a program":           {[]byte("MZ\x90\x00"), ""},
		"macros":              {workbook(t, "xl/workbook.xml", "xl/vbaProject.bin"), ""},
		"any archive":         {workbook(t, "a.txt"), ""},
		"half an archive":     {workbook(t, "xl/workbook.xml")[:40], ""},
		"half an object":      {[]byte("{\"a\":"), ""},
		"not at its start":    {[]byte("x%PDF-1.7"), ""},
		"one byte too many":   {append([]byte("%PDF-"), make([]byte, documents.SizeMax-4)...), ""},
		"the largest":         {append([]byte("%PDF-"), make([]byte, documents.SizeMax-5)...), documents.PDF},
	} {
		got, err := documents.TypeOf(c.content)
		if got != c.want || (c.want == "") != errors.Is(err, documents.ErrDocument) {
			t.Errorf("%s: %q, %v; want %q", name, got, err, c.want)
		}
	}
}

// Content is stored once, sealed, whole or not at all, and what was changed on
// the disk is never handed out.
func TestFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "documents")
	f, err := documents.NewFolder(dir, make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	content := []byte("%PDF-1.7 Awa Coulibaly signed here")
	d, err := f.Put(content)
	if err != nil || d.Hash != documents.HashOf(content) || d.Size != int64(len(content)) || d.Type != documents.PDF {
		t.Fatalf("%+v, %v", d, err)
	}
	path := filepath.Join(dir, d.Hash.String())
	sealed, err := os.ReadFile(path)
	if err != nil || bytes.Contains(sealed, []byte("Coulibaly")) {
		t.Fatalf("the file can be read: %v", err)
	}
	info, _ := os.Stat(path)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
	if _, err := f.Put(content); err != nil {
		t.Fatal(err)
	}
	if again, _ := os.ReadFile(path); !bytes.Equal(again, sealed) {
		t.Error("the same content was written twice")
	}
	if got, err := f.Get(d.Hash); err != nil || !bytes.Equal(got, content) {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := f.Get(documents.Hash{1}); !errors.Is(err, documents.ErrNotFound) {
		t.Errorf("what nobody put: %v", err)
	}
	if _, err := f.Put([]byte("plain text")); !errors.Is(err, documents.ErrDocument) {
		t.Errorf("plain text: %v", err)
	}

	other := []byte("%PDF-1.7 another")
	o, err := f.Put(other)
	if err != nil {
		t.Fatal(err)
	}
	swapped, _ := os.ReadFile(filepath.Join(dir, o.Hash.String()))
	for name, bad := range map[string][]byte{"a flipped bit": append(append([]byte{}, sealed[:20]...), append([]byte{sealed[20] ^ 1}, sealed[21:]...)...),
		"a cut": sealed[:len(sealed)-1], "another document": swapped, "nothing": {}} {
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := f.Get(d.Hash); !errors.Is(err, documents.ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := f.Put(content); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Get(d.Hash); err != nil {
		t.Errorf("put again over what was damaged: %v", err)
	}
	names, _ := os.ReadDir(dir)
	if len(names) != 2 {
		t.Errorf("%d files for two documents", len(names))
	}
}

func TestParseHash(t *testing.T) {
	h := documents.HashOf([]byte("x"))
	if got, err := documents.ParseHash(h.String()); err != nil || got != h {
		t.Errorf("%v, %v", got, err)
	}
	for _, s := range []string{"", "../../jate.json", strings.ToUpper(h.String()), h.String()[2:], h.String() + "00"} {
		if _, err := documents.ParseHash(s); !errors.Is(err, documents.ErrNotFound) {
			t.Errorf("%q: %v", s, err)
		}
	}
}

func TestCheckRules(t *testing.T) {
	good := documents.Rule{Subject: documents.OfVendor, Kind: documents.Contract}
	for name, c := range map[string]struct {
		rules []documents.Rule
		ok    bool
	}{
		"none":             {nil, true},
		"one":              {[]documents.Rule{good}, true},
		"twice":            {[]documents.Rule{good, good}, false},
		"of a period":      {[]documents.Rule{{Subject: documents.OfPeriod, Kind: documents.Report}}, false},
		"of no kind":       {[]documents.Rule{{Subject: documents.OfVendor}}, false},
		"by no method":     {[]documents.Rule{{Subject: documents.OfVendor, Kind: documents.Contract, Method: "barter"}}, false},
		"above a kilo":     {[]documents.Rule{{Subject: documents.OfVendor, Kind: documents.Contract, Above: money.FromMinor(1, money.Asset{})}}, false},
		"above below zero": {[]documents.Rule{{Subject: documents.OfVendor, Kind: documents.Contract, Above: money.Francs(-1)}}, false},
	} {
		if err := documents.CheckRules(c.rules); (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}
