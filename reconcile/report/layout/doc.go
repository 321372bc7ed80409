// Package layout draws a report: one Document as a page of HTML, as PDF and as
// a workbook. It knows tables and plots, and nothing of vouchers.
//
// A plot is drawn once, by plain geometry, on a pen for SVG or one for PDF; so
// the two show the same. A library for plots (gonum/plot, go-analyze/charts)
// would bring a dozen modules and fonts of its own, and neither titles for
// screen readers nor one drawing in both documents: bars and columns are all
// that reports need. Plots are drawn in one dark tone with their numbers beside
// the bars, so that they are read in greyscale, and each stands beside a table
// of the same numbers.
//
// The page of HTML is one file: no script, nothing from elsewhere, and a policy
// of its own that forbids both.
package layout
