package handheld

import (
	"encoding/json"
	"errors"

	"github.com/jate-cva/jate/voucher"
)

// codesMax bounds the officers' codes that are kept; the oldest make room.
const codesMax = 32

// OpenLots opens the lots under embargo that the officer's code is for, in the
// bundle in use and in later ones, and returns how many. The code may be typed
// in groups. It returns voucher.ErrOfficerCode, ErrStorage and the errors of the
// bundle.
func (h *Handheld) OpenLots(code string) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	b, err := h.usable()
	if err != nil {
		return 0, err
	}
	raw, err := voucher.ParseOfficerCode(code)
	if err != nil {
		return 0, err
	}
	jws, err := h.store.Load(docBundle)
	if err != nil {
		return 0, err
	}
	before := h.codes
	h.codes = append(h.codes[max(0, len(h.codes)-codesMax+1):len(h.codes):len(h.codes)], raw)
	next, err := h.readBundle(string(jws), h.chain.trust.beaconOf(string(jws)))
	if err == nil && next.sealed >= b.sealed {
		err = voucher.ErrOfficerCode
	}
	if err == nil {
		err = h.saveCodes()
	}
	if err != nil {
		h.codes = before
		return 0, err
	}
	h.bundle = next
	return b.sealed - next.sealed, nil
}

// openLot opens a lot with the first code that does.
func openLot(l voucher.BundleLot, codes [][]byte) (voucher.BundleLot, error) {
	for _, code := range codes {
		open, err := voucher.OpenLot(code, l)
		if !errors.Is(err, voucher.ErrOfficerCode) {
			return open, err
		}
	}
	return l, voucher.ErrOfficerCode
}

func (h *Handheld) saveCodes() error {
	list := make([]voucher.Base64, len(h.codes))
	for i, code := range h.codes {
		list[i] = code
	}
	text, err := json.Marshal(list)
	if err != nil {
		return err
	}
	return h.save(docCodes, text)
}

func loadCodes(store Storage) ([][]byte, error) {
	text, err := store.Load(docCodes)
	if err != nil || text == nil {
		return nil, err
	}
	var list []voucher.Base64
	if err := json.Unmarshal(text, &list); err != nil {
		return nil, ErrJournal.At(docCodes, "not a list of codes")
	}
	codes := make([][]byte, len(list))
	for i, code := range list {
		codes[i] = code
	}
	return codes, nil
}
