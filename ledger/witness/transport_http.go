package witness

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
)

// sizeType is the media type of the size in a conflict.
const sizeType = "text/x.tlog.size"

// Handler serves the witness: add-checkpoint as C2SP tlog-witness says, and
// /livez. It logs refusals: those of what a log signed are errors.
func (w *Witness) Handler(log *slog.Logger) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/add-checkpoint", func(out http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			out.Header().Set("Allow", http.MethodPost)
			http.Error(out, "POST a checkpoint", http.StatusMethodNotAllowed)
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(out, r.Body, requestMax))
		if err != nil {
			http.Error(out, "the body is cut or too long", http.StatusBadRequest)
			return
		}
		line, err := w.AddCheckpoint(body)
		if err != nil {
			refuse(out, r, log, err)
			return
		}
		out.Header().Set("Content-Type", "text/plain; charset=utf-8")
		// An error means that the caller has left.
		_, _ = io.WriteString(out, line)
	})
	mux.HandleFunc("/livez", func(out http.ResponseWriter, _ *http.Request) {
		out.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(out, `{"status":"alive"}`+"\n")
	})
	return mux
}

func refuse(out http.ResponseWriter, r *http.Request, log *slog.Logger, err error) {
	status, level := http.StatusInternalServerError, slog.LevelError
	size, conflict := errors.AsType[*SizeError](err)
	switch {
	case conflict:
		status, level = http.StatusConflict, slog.LevelWarn
	case errors.Is(err, ErrProof):
		status = http.StatusUnprocessableEntity
	case errors.Is(err, ErrRequest):
		status, level = http.StatusBadRequest, slog.LevelInfo
	case errors.Is(err, ErrUnknownLog):
		status, level = http.StatusNotFound, slog.LevelInfo
	case errors.Is(err, ErrSignature):
		status, level = http.StatusForbidden, slog.LevelWarn
	}
	log.LogAttrs(r.Context(), level, "checkpoint refused", slog.Int("status", status), slog.String("error", err.Error()))
	if conflict {
		out.Header().Set("Content-Type", sizeType)
		out.WriteHeader(status)
		fmt.Fprintln(out, strconv.FormatUint(size.Size, 10))
		return
	}
	text := "the witness failed; its log says why"
	if status != http.StatusInternalServerError {
		text = err.Error()
	}
	http.Error(out, text, status)
}
