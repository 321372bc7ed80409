package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/jate-cva/jate/fault"
)

const day = 24 * time.Hour

// keyLife is how long a key is meant to be in use. Nothing stops by itself when
// one is due: a programme whose cards cannot be redeemed is worse than an old
// key, so it is said until somebody replaces it.
var keyLife = map[string]time.Duration{
	keyRoot: 5 * 365 * day, keyCheckpoint: 365 * day, keyBeacon: 90 * day, keySeal: 180 * day,
	keyAccess: 90 * day, keyData: 365 * day, keyServer: 365 * day, keyPrint: 365 * day,
}

var errKeyDue = fault.New(fault.Conflict, "key_due",
	"A key is older than it should become. Replace it with jate keys rotate.",
	"Une clé a dépassé sa durée prévue. Remplacez-la avec jate keys rotate.")

// keyAge is one key in use.
type keyAge struct {
	Name string    `json:"name"`
	ID   string    `json:"id"`
	Made time.Time `json:"made"`
	Due  time.Time `json:"due"`
}

// keyAges returns the keys in use, by name.
func (s settings) keyAges() []keyAge {
	var list []keyAge
	for name := range maps.Keys(keyLife) {
		k, ok := s.Keys[name]
		if !ok {
			k.Made = s.Created // a folder that was made before keys had names
		}
		if name == keyCheckpoint && s.CheckpointNext != "" {
			k = s.Keys[keyCheckpointNew] // the former one only signs along
		}
		list = append(list, keyAge{name, k.ID, k.Made, k.Made.Add(keyLife[name])})
	}
	slices.SortFunc(list, func(a, b keyAge) int { return cmp.Compare(a.Name, b.Name) })
	return list
}

// overdue returns the names of keys that should have been replaced.
func (s settings) overdue(now time.Time) []string {
	var names []string
	for _, k := range s.keyAges() {
		if now.After(k.Due) {
			names = append(names, k.Name)
		}
	}
	return names
}

// watchKeys shows the keys in metrics, and says at the start which are due.
func (a *app) watchKeys() error {
	made := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "jate_key_made_timestamp_seconds",
		Help: "When the key in use was made."}, []string{"key", "id"})
	due := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "jate_key_due_timestamp_seconds",
		Help: "When the key in use should be replaced."}, []string{"key", "id"})
	for _, k := range a.settings.keyAges() {
		made.WithLabelValues(k.Name, k.ID).Set(float64(k.Made.Unix()))
		due.WithLabelValues(k.Name, k.ID).Set(float64(k.Due.Unix()))
	}
	for _, name := range a.settings.overdue(a.cfg.now()) {
		a.log.Warn(errKeyDue.EN, slog.String("name", name))
	}
	return errors.Join(a.registry.Register(made), a.registry.Register(due))
}

func keysList(_ context.Context, env *environment) error {
	fs := env.flags("keys list")
	dir := fs.String("data", "", "data folder")
	if _, err := env.parse(fs, 0); err != nil {
		return err
	}
	s, err := readSettings(*dir)
	if err != nil {
		return err
	}
	out := tabwriter.NewWriter(env.stdout, 0, 8, 2, ' ', 0)
	fmt.Fprintln(out, "key\tid\tmade\treplace by\t")
	late := s.overdue(time.Now())
	for _, k := range s.keyAges() {
		mark := ""
		if slices.Contains(late, k.Name) {
			mark = "due"
		}
		if slices.Contains(s.Halves, k.Name) {
			mark = "two custodians " + mark
		}
		fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\n", k.Name, k.ID, k.Made.Format(time.DateOnly), k.Due.Format(time.DateOnly), mark)
	}
	return out.Flush()
}
