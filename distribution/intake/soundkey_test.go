package intake

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jate-cva/jate/internal/toolcheck"
)

func TestSoundKey(t *testing.T) {
	for _, same := range [][]string{
		{"Aïssata", "Aissata", "Assata", "Aïchata", "AÏSSATA"},
		{"Keïta", "Keita", "Kéita", "KEÏTA"},
		{"Coulibaly", "Koulibaly", "Coulibali", "Koulibali"},
		{"Diallo", "Jallo", "Jallow", "Dialo", "Djallo"},
		{"Traoré", "Traore"},
		{"Ouologuem", "Wologuem"},
		{"N'Diaye", "Ndiaye", "N’Diaye", "Ndiaye "},
		{"Ouattara", "Wattara", "Watara"},
		{"Bah", "Ba", "Bâ"},
		{"Haïdara", "Aïdara", "Haidara"},
		{"Sékou", "Sekou", "Cheikou"},
		{"Mahamadou", "Mahamadu", "Mohamadou"},
		{"Djénéba", "Dieneba", "Jeneba"},
		{"Cissé", "Sissé", "Cisse"},
		{"Théra", "Tera"},
	} {
		for _, name := range same[1:] {
			if SoundKey(name) != SoundKey(same[0]) {
				t.Errorf("%s is %q, %s is %q", same[0], SoundKey(same[0]), name, SoundKey(name))
			}
		}
	}
	for _, different := range [][2]string{{"Mamadou", "Mahamadou"}, {"Amadou", "Amidou"}, {"Koné", "Konaté"}, {"Nana", "Néné"}, {"Moussa", "Issa"}, {"Diarra", "Diallo"}} {
		if SoundKey(different[0]) == SoundKey(different[1]) {
			t.Errorf("%s and %s are both %q", different[0], different[1], SoundKey(different[0]))
		}
	}
	if a, b := NameKey("Traoré", "Aïssata"), NameKey("Aissata TRAORE", ""); a != b || a == "" {
		t.Errorf("the order of a name's parts counts: %q, %q", a, b)
	}
	if got := SoundKey(" ' - 。"); got != "" {
		t.Errorf("no letters sound like %q", got)
	}
}

// Measured on the sample names: of 40 spelling variants all but the two short
// forms of Fatoumata share their name's key, and of all pairs of different
// names one does: Hawa and Awa, which are one name.
func TestSoundKey_SharedNames(t *testing.T) {
	f, err := os.Open(filepath.Join(toolcheck.SharedData(t), "synthetic", "names_mali.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	variants, missed := 0, []string{}
	keys := map[string][]string{}
	for _, row := range rows[1:] {
		kind, name := row[0][:5], row[1]
		keys[kind+SoundKey(name)] = append(keys[kind+SoundKey(name)], name)
		for _, v := range strings.FieldsFunc(row[2], func(r rune) bool { return r == '|' }) {
			if variants++; SoundKey(v) != SoundKey(name) {
				missed = append(missed, v)
			}
		}
	}
	var collisions []string
	for _, names := range keys {
		if len(names) > 1 {
			collisions = append(collisions, strings.Join(names, "="))
		}
	}
	if got := strings.Join(missed, " "); got != "Fatouma Fatim" || variants != 40 {
		t.Errorf("of %d variants these are missed: %s", variants, got)
	}
	if len(rows) != 101 || len(collisions) != 1 || collisions[0] != "Hawa=Awa" {
		t.Errorf("of %d names these collide: %q", len(rows)-1, collisions)
	}
}
