// Package httpkit is the shared edge of every service: typed go-kit
// endpoints, their HTTP handlers, problem documents, and observation.
//
// The way of a call:
//
//	Guard            reference, headers, panics, rate per client, calls in flight
//	Authenticated    who is asking (package access supplies the answer)
//	Routes           net/http patterns; an unknown path or method is a problem
//	Handler          body bound, decoder, Endpoint, result or problem
//	Observer         duration, and one log line if the call failed
//	Endpoint         the service's method
//
// It guarantees:
//
//   - a decoder or a result of the wrong type does not compile;
//   - every failure leaves as a problem document (RFC 9457) with a stable
//     type and code, a sentence in English or French, and a reference under
//     which the log has the rest; an error without a fault.Kind shows the
//     caller nothing but that reference;
//   - every body, header, page, table and queue has a bound;
//   - a logger made by NewLogger writes no token, secret or phone number that
//     it can recognise, and no value under a key that may hold one.
//
// Errors are returned by services, never hidden in results. It imports
// nothing of ours but fault, and knows no domain word.
package httpkit
