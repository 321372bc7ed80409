package handheld

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"github.com/jate-cva/jate/vendors"
)

// The office gives a handheld one text, as a QR code or typed:
//
//	https://<server>/handheld/#e=<code>.<root key>.<beacon key>
//
// It opens the handheld in a browser. What follows # is not sent to any server.
var enrolmentText = regexp.MustCompile(`^(https?://[^/?#\s]+)/handheld/(?:index\.html)?#e=([A-Za-z0-9-]+)\.([A-Za-z0-9_-]{43})\.([A-Za-z0-9_-]{43})$`)

// enrolmentMax bounds the text, which is for a QR code.
const enrolmentMax = 512

// Text writes the enrolment as the office gives it out. It returns ErrAddress
// for a server that has no address.
func (e Enrolment) Text() (string, error) {
	u, err := url.Parse(e.Server)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || strings.Trim(u.Path, "/") != "" {
		return "", ErrAddress
	}
	text := fmt.Sprintf("%s://%s/handheld/#e=%s.%s.%s", u.Scheme, u.Host, vendors.BareCode(e.Code), key64(e.Trust.Root), key64(e.Trust.Beacon))
	if !enrolmentText.MatchString(text) || len(text) > enrolmentMax {
		return "", ErrFile.At("enrolment", "not a code, two keys and an address")
	}
	return text, nil
}

// ParseEnrolment reads what Text writes. It returns ErrFile for anything else.
func ParseEnrolment(text string) (Enrolment, error) {
	m := enrolmentText.FindStringSubmatch(strings.TrimSpace(text))
	if m == nil || len(text) > enrolmentMax {
		return Enrolment{}, ErrFile.At("enrolment", "not the office's code")
	}
	e := Enrolment{Server: m[1], Code: m[2]}
	for i, key := range []*ed25519.PublicKey{&e.Trust.Root, &e.Trust.Beacon} {
		b, err := base64.RawURLEncoding.Strict().DecodeString(m[3+i])
		if err != nil {
			return Enrolment{}, ErrFile.At("enrolment", "not two keys")
		}
		*key = b
	}
	return e, nil
}

// Fingerprint returns eight digits by which two people compare the keys that a
// handheld believes with the office's, over the telephone.
func (t Trust) Fingerprint() string {
	h := sha256.Sum256([]byte(key64(t.Root) + "." + key64(t.Beacon)))
	n := uint64(0)
	for _, b := range h[:6] {
		n = n<<8 | uint64(b)
	}
	n %= 100_000_000
	return fmt.Sprintf("%04d %04d", n/10_000, n%10_000)
}

func key64(k ed25519.PublicKey) string { return base64.RawURLEncoding.EncodeToString(k) }
