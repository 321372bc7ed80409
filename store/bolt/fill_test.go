package bolt

import (
	"fmt"
	"reflect"
	"time"

	"github.com/jate-cva/jate/money"
)

// filler sets values of any type of the domain to what it makes from a number
// that it counts up, so that no two fields are alike.
type filler struct {
	n    int
	some func() bool // whether a field that may be empty is set; nil sets all
}

// filled returns a V with every field set.
func filled[V any]() V {
	var v V
	(&filler{}).fill(reflect.ValueOf(&v).Elem())
	return v
}

// rest sets v, or leaves it zero.
func (f *filler) rest(v reflect.Value) {
	if f.some == nil || f.some() {
		f.fill(v)
	}
}

func (f *filler) fill(v reflect.Value) {
	f.n++
	if f.fillOurs(v.Addr().Interface()) {
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprintf("text-%d", f.n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(f.n))
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(uint64(f.n % 256))
	case reflect.Float64:
		v.SetFloat(float64(f.n) + 0.125)
	case reflect.Struct:
		for i := range v.NumField() {
			f.rest(v.Field(i))
		}
	case reflect.Slice:
		n := 2
		if f.some != nil {
			n = f.n % 3
		}
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		fallthrough
	case reflect.Array:
		for i := range v.Len() {
			f.rest(v.Index(i))
		}
	case reflect.Map:
		k, e := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		f.fill(k)
		f.rest(e)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(k, e)
	default:
		panic("a " + v.Type().String() + " cannot be filled")
	}
}

// fillOurs sets what has no exported fields.
func (f *filler) fillOurs(p any) bool {
	switch to := p.(type) {
	case *time.Time:
		*to = time.Unix(1_700_000_000+int64(f.n), 0).UTC()
	case *money.Asset:
		*to = must(money.NewAsset(fmt.Sprintf("GOODS-%d", f.n), f.n%4))
	case *money.Amount:
		asset := money.XOF
		if f.n%2 == 0 {
			asset = must(money.NewAsset(fmt.Sprintf("GOODS-%d", f.n), 2))
		}
		*to = money.FromMinor(int64(1_000+f.n), asset)
	default:
		return false
	}
	return true
}
