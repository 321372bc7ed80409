package mem

import (
	"fmt"
	"reflect"
	"time"
)

// clone returns a copy of v that shares nothing with it that could be edited:
// slices, maps and pointers are copied all the way down. Fields that are not
// exported are copied with their struct, so they must hold plain values, as
// money.Amount and time.Time do; anything else is a programming error and
// panics.
func clone[V any](v V) V {
	r := reflect.ValueOf(&v).Elem()
	if !flat(r.Type()) {
		r.Set(deep(r))
	}
	return v
}

func deep(v reflect.Value) reflect.Value {
	if flat(v.Type()) {
		return v
	}
	out := reflect.New(v.Type()).Elem()
	switch v.Kind() {
	case reflect.Struct:
		out.Set(v)
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				out.Field(i).Set(deep(v.Field(i)))
			}
		}
	case reflect.Array:
		for i := range v.Len() {
			out.Index(i).Set(deep(v.Index(i)))
		}
	case reflect.Slice:
		if v.IsNil() {
			return v
		}
		out.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
		if flat(v.Type().Elem()) {
			reflect.Copy(out, v)
			return out
		}
		for i := range v.Len() {
			out.Index(i).Set(deep(v.Index(i)))
		}
	case reflect.Map:
		if v.IsNil() {
			return v
		}
		out.Set(reflect.MakeMapWithSize(v.Type(), v.Len()))
		for it := v.MapRange(); it.Next(); {
			out.SetMapIndex(it.Key(), deep(it.Value()))
		}
	case reflect.Pointer:
		if v.IsNil() {
			return v
		}
		out.Set(reflect.New(v.Type().Elem()))
		out.Elem().Set(deep(v.Elem()))
	}
	return out
}

var timeType = reflect.TypeFor[time.Time]()

// flat reports whether copying a value of the type copies all of it.
func flat(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Slice, reflect.Map, reflect.Pointer:
		return false
	case reflect.Interface, reflect.Func, reflect.Chan, reflect.UnsafePointer:
		panic(fmt.Sprintf("mem: a %s cannot be copied", t))
	case reflect.Array:
		return flat(t.Elem())
	case reflect.Struct:
		if t == timeType { // its location is shared and never edited
			return true
		}
		all := true
		for f := range t.Fields() {
			ok := flat(f.Type)
			if !ok && !f.IsExported() {
				panic(fmt.Sprintf("mem: %s.%s cannot be copied", t, f.Name))
			}
			all = all && ok
		}
		return all
	}
	return true
}
