// Command asvs lists the requirements of OWASP's Application Security
// Verification Standard 5.0 that Jate is held to, each with the tests that show
// it, or with the sentence in SECURITY.md that says why there is none. Run it by
// "make asvs". A test shows a requirement when it is named after it:
// TestASVS_3_4_1, or TestASVS_3_4_1_more where there are several.
package main

import (
	"bufio"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

func main() {
	missing, err := list(os.Stdout, ".")
	if err == nil && len(missing) > 0 {
		err = fmt.Errorf("neither a test nor a sentence: %s", strings.Join(missing, ", "))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "asvs:", err)
		os.Exit(1)
	}
}

// list writes the items with what is found under root, and returns those for
// which nothing is.
func list(w io.Writer, root string) (missing []string, err error) {
	tests, err := testsIn(root)
	if err != nil {
		return nil, err
	}
	sentences, err := sentencesIn(filepath.Join(root, "SECURITY.md"))
	if err != nil {
		return nil, err
	}
	tested := 0
	for _, i := range items {
		shown, why := tests[i.id], sentences[i.id]
		fmt.Fprintf(w, "%-7s %-8s %s\n", i.id, map[bool]string{true: "tested", false: "not yet"}[len(shown) > 0], i.what)
		for _, test := range shown {
			fmt.Fprintf(w, "        %s\n", test)
		}
		if why != "" {
			fmt.Fprintf(w, "        %s\n", why)
		}
		if len(shown) > 0 {
			tested++
		} else if why == "" {
			missing = append(missing, i.id)
		}
	}
	_, err = fmt.Fprintf(w, "%d items, %d tested, %d not yet, %d with neither a test nor a sentence\n",
		len(items), tested, len(items)-tested-len(missing), len(missing))
	return missing, err
}

var named = regexp.MustCompile(`^func (TestASVS_(\d+_\d+_\d+)\w*)\(t \*testing\.T\)`)

// testsIn returns the tests that are named after an item, by its id.
func testsIn(root string) (map[string][]string, error) {
	found := map[string][]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := d.Name(); d.IsDir() && (name == "node_modules" || name == "testdata" || len(name) > 1 && name[0] == '.' && name != "..") && path != root {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		return lines(path, func(line string) {
			if m := named.FindStringSubmatch(line); m != nil {
				where, err := filepath.Rel(root, filepath.Dir(path))
				if err != nil {
					where = filepath.Dir(path)
				}
				id := strings.ReplaceAll(m[2], "_", ".")
				found[id] = append(found[id], filepath.ToSlash(where)+": "+m[1])
			}
		})
	})
	for _, tests := range found {
		slices.Sort(tests)
	}
	return found, err
}

var row = regexp.MustCompile(`^\| (\d+\.\d+\.\d+) \| (.+) \|$`)

// sentencesIn returns what a page says of items, by their id.
func sentencesIn(page string) (map[string]string, error) {
	found := map[string]string{}
	return found, lines(page, func(line string) {
		if m := row.FindStringSubmatch(line); m != nil {
			found[m[1]] = m[2]
		}
	})
}

func lines(name string, fn func(string)) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	s := bufio.NewScanner(f)
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		fn(s.Text())
	}
	return s.Err()
}
