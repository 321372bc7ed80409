package distribution

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"

	"github.com/jate-cva/jate/distribution/intake"
	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/internal/httpkit"
)

const (
	uploadMax  = 128 << 20
	mappingMax = 64 << 10
)

// ErrUpload refuses a body that is no list.
var ErrUpload = fault.New(fault.Invalid, "upload_invalid",
	"Send the list as the body (text/csv, or a workbook's own type), or as the part “file” of multipart/form-data.",
	"Envoyez la liste comme corps de la requête (text/csv, ou le type du classeur), ou comme partie « file » d'un multipart/form-data.")

// spool is where a request's list lies while it is read: a file without a
// name, which the system drops with the last handle on it.
type spool struct{ file *os.File }

type spoolKey int

// spooled gives each request a spool and drops it afterwards.
func spooled(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s := &spool{}
		defer s.drop()
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), spoolKey(0), s)))
	})
}

func (s *spool) drop() {
	if s.file != nil {
		s.file.Close()
		os.Remove(s.file.Name()) // where it could not be removed while open
	}
}

// keep copies a list, never under the name that the client gave it.
func (s *spool) keep(from io.Reader) (size int64, err error) {
	if s.file, err = os.CreateTemp("", "jate-list-*"); err != nil {
		return 0, fmt.Errorf("spool a list: %w", err)
	}
	os.Remove(s.file.Name())
	size, err = io.Copy(s.file, from)
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return 0, httpkit.ErrBodySize.At("$", "at most %d bytes", tooLarge.Limit)
	}
	if err != nil {
		return 0, fmt.Errorf("spool a list: %w: %w", err, httpkit.ErrInterrupted)
	}
	return size, nil
}

// upload is a list that was received.
type upload struct {
	file    io.ReaderAt
	size    int64
	mapping map[string]intake.Field
}

var listTypes = map[string]bool{
	"text/csv": true, "text/plain": true, "application/octet-stream": true, "application/vnd.ms-excel": true,
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": true,
}

// receive spools the list of a request.
func receiveUpload(ctx context.Context, r *http.Request) (upload, error) {
	s, ok := ctx.Value(spoolKey(0)).(*spool)
	if !ok {
		return upload{}, errors.New("the route has no spool")
	}
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case err == nil && media == "multipart/form-data":
		return s.parts(r)
	case err == nil && listTypes[media]:
		size, err := s.keep(r.Body)
		return upload{file: s.file, size: size}, err
	}
	return upload{}, ErrUpload
}

// parts reads the parts "file" and "mapping", the latter a JSON object of
// column titles and the fields they hold.
func (s *spool) parts(r *http.Request) (upload, error) {
	form, err := r.MultipartReader()
	if err != nil {
		return upload{}, ErrUpload
	}
	var u upload
	for {
		part, err := form.NextPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			return upload{}, ErrUpload.At("$", "a part cannot be read")
		}
		switch {
		case part.FormName() == "file" && s.file == nil:
			if u.size, err = s.keep(part); err != nil {
				return upload{}, err
			}
			u.file = s.file
		case part.FormName() == "mapping" && u.mapping == nil:
			if err := json.NewDecoder(io.LimitReader(part, mappingMax)).Decode(&u.mapping); err != nil {
				return upload{}, ErrUpload.At("mapping", "a JSON object of column titles and fields")
			}
		default:
			return upload{}, ErrUpload.At("$", "a part is unknown or given twice")
		}
	}
	if u.file == nil {
		return upload{}, ErrUpload
	}
	return u, nil
}
