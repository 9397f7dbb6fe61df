package forgetest

import (
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"unicode/utf8"
)

type object = map[string]any

// reply answers with JSON.
func reply(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	if v != nil {
		_ = json.NewEncoder(w).Encode(v) // the client may have left
	}
}

// body decodes what a client sent.
func body(r *http.Request, into any) bool {
	data, err := io.ReadAll(io.LimitReader(r.Body, 8<<20))
	return err == nil && json.Unmarshal(data, into) == nil
}

// at reads a number of the path, -1 when it is none.
func at(r *http.Request, name string) int {
	n, err := strconv.Atoi(r.PathValue(name))
	if err != nil {
		return -1
	}
	return n
}

// query reads a number of the query.
func query(r *http.Request, name string, otherwise int) int {
	if n, err := strconv.Atoi(r.URL.Query().Get(name)); err == nil && n > 0 {
		return n
	}
	return otherwise
}

// slice is one page of a list, and how many pages there are.
func slice[T any](list []T, page, size int) ([]T, int) {
	pages := max(1, (len(list)+size-1)/size)
	from, to := min((page-1)*size, len(list)), min(page*size, len(list))
	return list[from:to], pages
}

func characters(s string) int { return utf8.RuneCountInString(s) }

// issues tells /issues/7/comments from /issues/comments/7.
func issues(list, create, one http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		a, b := r.PathValue("a"), r.PathValue("b")
		r.SetPathValue("n", a)
		r.SetPathValue("id", b)
		switch {
		case a == "comments":
			one(w, r)
		case b == "comments" && r.Method == http.MethodGet:
			list(w, r)
		case b == "comments" && r.Method == http.MethodPost:
			create(w, r)
		default:
			http.NotFound(w, r)
		}
	}
}
