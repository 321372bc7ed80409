package httpkit

import (
	"context"
	"log/slog"
	"time"

	"github.com/go-kit/kit/endpoint"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/jate-cva/jate/fault"
)

// Observer measures and logs calls of endpoints. There is one per process.
type Observer struct {
	duration *prometheus.HistogramVec
	log      *slog.Logger
	actor    func(context.Context) string
}

// NewObserver registers the histogram jate_request_duration_seconds, labelled
// by service, method and outcome ("ok" or the name of a fault.Kind), with reg
// and logs failed calls to log. actor names the caller in log lines by a
// pseudonym; nil leaves it out. It fails if reg has the histogram already.
func NewObserver(reg prometheus.Registerer, log *slog.Logger, actor func(context.Context) string) (*Observer, error) {
	o := &Observer{
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "jate_request_duration_seconds",
			Help:    "Time a service's method took, by outcome.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}, []string{"service", "method", "outcome"}),
		log:   log,
		actor: actor,
	}
	return o, reg.Register(o.duration)
}

// Service returns the middleware that observes the methods of one service, in
// the form that NewEndpoints of every service takes. It must be outermost, so
// that refusals by the middleware inside are seen. Names come from the code,
// never from input: they are labels.
func (o *Observer) Service(service string) func(method string) endpoint.Middleware {
	return func(method string) endpoint.Middleware {
		return func(next endpoint.Endpoint) endpoint.Endpoint {
			return func(ctx context.Context, request any) (response any, err error) {
				begin := time.Now()
				outcome := fault.Internal.String() // what a panic leaves behind
				defer func() {
					o.duration.WithLabelValues(service, method, outcome).Observe(time.Since(begin).Seconds())
				}()
				response, err = next(ctx, request)
				if err == nil {
					outcome = "ok"
					return response, nil
				}
				outcome = known(err).Kind.String()
				attrs := []slog.Attr{slog.String("service", service), slog.String("method", method),
					slog.Duration("took", time.Since(begin))}
				if o.actor != nil {
					attrs = append(attrs, slog.String("actor", o.actor(ctx)))
				}
				logFailure(ctx, o.log, err, attrs...)
				return nil, seen{err}
			}
		}
	}
}
