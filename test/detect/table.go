package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/jate-cva/jate/reconcile/detect"
	"github.com/jate-cva/jate/reconcile/detect/simulate"
)

// table prints what was found, by kind and by detector.
func table(w io.Writer, r *result, kinds []simulate.Kind) {
	fmt.Fprintf(w, "overall: precision %.3f by value, %.3f by finding; recall %.3f by value; %.2f wrong findings per 10,000 honest redemptions\n",
		r.overall.precision(), r.overall.findingsRight(), r.recall(), r.falsePer10000(r.overall))
	fmt.Fprintf(w, "traders with a finding that could freeze money: %d, of whom took part in something: %d; of %d who took part in nothing %d have one, by one signal: %d\n\n",
		r.named, r.named-r.frozen, r.vendors, r.frozen, r.single)
	fmt.Fprintf(w, "%-16s %9s %8s %8s %8s\n", "kind", "1000 XOF", "recall", "traders", "noticed")
	for _, k := range kinds {
		fmt.Fprintf(w, "%-16s %9d %8.2f %8d %8d\n", k, r.diverted[k]/1000, r.recall(k), r.episodes[k], r.noticed[k])
	}
	fmt.Fprintf(w, "\n%-18s %8s %8s %10s %10s %10s\n", "detector", "findings", "right", "precision", "recall", "wrong/10k")
	for _, d := range detect.Detectors() {
		t := r.detectors[d.Name]
		if t.findings == 0 {
			continue
		}
		var hit, all int64
		for k, v := range r.by[d.Name] {
			if k != "" {
				hit += v
			}
		}
		for _, v := range r.diverted {
			all += v
		}
		note := ""
		if d.Signal() {
			note = "  signal"
		}
		fmt.Fprintf(w, "%-18s %8d %8d %10.2f %10.3f %10.2f%s\n", d.Name, t.findings, t.right, t.precision(), ratio(hit, all), r.falsePer10000(t), note)
	}
}

// curve prints precision and recall over subtlety, and draws them.
func curve(w io.Writer, seeds []uint64, svg string) error {
	const steps = 10
	var precision, recall [steps + 1]float64
	fmt.Fprintf(w, "\n%-9s %9s %9s\n", "subtlety", "precision", "recall")
	for i := range precision {
		r, err := measure(seeds, func(c *simulate.Config) { c.Subtlety = float64(i) / steps }, everything)
		if err != nil {
			return err
		}
		precision[i], recall[i] = r.overall.precision(), r.recall()
		fmt.Fprintf(w, "%-9.1f %9.3f %9.3f\n", float64(i)/steps, precision[i], recall[i])
	}
	if svg == "" {
		return nil
	}
	return os.WriteFile(svg, []byte(draw(precision[:], recall[:])), 0o644)
}

// draw makes the picture of two curves from 0 to 1.
func draw(precision, recall []float64) string {
	const left, top, width, height = 60, 20, 480, 280
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="640" height="370" font-family="sans-serif" font-size="13">`+"\n")
	fmt.Fprintf(&b, `<title>Precision and recall by value over subtlety</title><rect width="640" height="370" fill="#fff"/>`+"\n")
	for i := range 6 {
		y := top + height - i*height/5
		fmt.Fprintf(&b, `<path d="M%d %dh%d" stroke="#ddd"/><text x="%d" y="%d" text-anchor="end">%.1f</text>`+"\n", left, y, width, left-8, y+4, float64(i)/5)
		x := left + i*width/5
		fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="middle">%.1f</text>`+"\n", x, top+height+20, float64(i)/5)
	}
	for n, c := range []struct {
		name, color, dash string
		values            []float64
	}{{"precision", "#0072b2", "", precision}, {"recall", "#d55e00", "6 4", recall}} {
		var points []string
		for i, v := range c.values {
			points = append(points, fmt.Sprintf("%.1f,%.1f", left+float64(i)*width/float64(len(c.values)-1), top+height*(1-v)))
		}
		fmt.Fprintf(&b, `<polyline points="%s" fill="none" stroke="%s" stroke-width="2.5" stroke-dasharray="%s"/>`+"\n", strings.Join(points, " "), c.color, c.dash)
		fmt.Fprintf(&b, `<text x="%d" y="%d" fill="%s">%s</text>`+"\n", left+width+10, top+20+20*n, c.color, c.name)
	}
	fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="middle">subtlety of the diverters, 0 careless to 1 careful</text></svg>`+"\n", left+width/2, top+height+45)
	return b.String()
}
