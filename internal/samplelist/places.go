package samplelist

import (
	"bytes"
	_ "embed"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Bounds of a place list; the whole of Mali has 18,769 places.
const (
	placesMax    = 100_000
	placeTextMax = 200 // bytes of one cell
)

// placesCSV is cut from the settlements of the 2015 edition of Mali's
// administrative boundaries. Credit: OCHA / DNCT Mali, from the CC0 package
// github.com/validmeasures/mali.
//
//go:embed places.csv
var placesCSV []byte

// Places returns a place list of sixty real villages in twelve communes of
// the cercles of Mopti, Bandiagara, Bankass (region of Mopti) and Ségou, as
// UTF-8 CSV with the columns pcode, name, admin3Pcod, admin3Name, admin2Name,
// admin1Name, class, lat and lon (WGS 84, degrees). Codes are those of the
// 2015 edition. Two villages of different communes bear the same name. The
// source is OCHA / DNCT Mali; naming a place implies no endorsement.
func Places() []byte { return bytes.Clone(placesCSV) }

// place is one village.
type place struct {
	pcode, name         string
	communeCode         string
	commune             string
	cercle, region      string
	point               int  // index of the distribution point that serves it
	opensCommune, empty bool // first of its commune; left without households
}

// Point is a distribution point: it stands in one village and serves that one
// and its neighbours.
type Point struct {
	Name     string   // as the list spells it; unique
	Place    string   // p-code of the village it stands in
	Villages []string // p-codes of the villages it serves, its own first
	Traders  []string // the names that the column of chosen traders draws from
	Rows     int      // households listed
}

// parsePlaces reads a place list. Places of one commune must follow each
// other, as they do where codes are sorted.
func parsePlaces(list []byte) ([]place, error) {
	in := csv.NewReader(bytes.NewReader(list))
	in.ReuseRecord = true
	header, err := in.Read()
	if err != nil {
		return nil, ErrOptions.At("places", "no header row: %v", err)
	}
	column := map[string]int{}
	for _, name := range []string{"pcode", "name", "admin3Pcod", "admin3Name", "admin2Name", "admin1Name"} {
		column[name] = slices.Index(header, name)
		if column[name] < 0 {
			return nil, ErrOptions.At("places", "no column %q", name)
		}
	}
	var places []place
	for {
		cells, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, ErrOptions.At("places", "%v", err)
		}
		if len(places) == placesMax {
			return nil, ErrOptions.At("places", "more than %d places", placesMax)
		}
		if at := slices.IndexFunc(cells, unfit); at >= 0 {
			return nil, ErrOptions.At("places", "a cell of row %d is too long or has a line break", len(places)+2)
		}
		places = append(places, place{
			pcode: cells[column["pcode"]], name: cells[column["name"]],
			communeCode: cells[column["admin3Pcod"]], commune: cells[column["admin3Name"]],
			cercle: cells[column["admin2Name"]], region: cells[column["admin1Name"]],
		})
	}
	if len(places) == 0 {
		return nil, ErrOptions.At("places", "no place")
	}
	return places, nil
}

// unfit reports whether a cell would break the promise of one line per row.
func unfit(cell string) bool {
	return len(cell) > placeTextMax || strings.ContainsAny(cell, "\r\n")
}

// assignPoints divides every commune into distribution points, one for up to
// six villages in every other commune and one for up to three elsewhere, and
// leaves the last village of every fourth commune empty.
func (g *generator) assignPoints() {
	taken := map[string]bool{}
	for start, ordinal := 0, 0; start < len(g.places); ordinal++ {
		end := start + 1
		for end < len(g.places) && g.places[end].communeCode == g.places[start].communeCode {
			end++
		}
		commune := g.places[start:end]
		commune[0].opensCommune = true
		perPoint := 6
		if ordinal%2 == 1 {
			perPoint = 3
		}
		for served := range slices.Chunk(commune, perPoint) {
			g.addPoint(served, taken)
		}
		if last := len(commune) - 1; ordinal%4 == 3 && last > 0 {
			commune[last].empty = true
		}
		start = end
	}
}

// addPoint makes the point that stands in the first of the villages.
func (g *generator) addPoint(served []place, taken map[string]bool) {
	at := served[0]
	r := g.random(forPoint, len(g.points))
	of := " de "
	if strings.ContainsAny(prefix(at.name, 1), "AEIOU") {
		of = " d'"
	}
	name := []string{"Marché", "École", "CSCom", "Mairie"}[r.IntN(4)] + of + at.name
	if taken[name] {
		name = fmt.Sprintf("%s (%s)", name, at.pcode)
	}
	taken[name] = true
	p := Point{Name: name, Place: at.pcode}
	for range 2 + r.IntN(2) {
		owner := pick(r, g.names.menGiven).text + " " + g.names.family(r, at.cercle).text
		shop := "Boutique " + owner + ", " + at.name
		if !slices.Contains(p.Traders, shop) {
			p.Traders = append(p.Traders, shop)
		}
	}
	for i := range served {
		served[i].point = len(g.points)
		p.Villages = append(p.Villages, served[i].pcode)
	}
	g.points = append(g.points, p)
}
