package forge

// Cut shortens a text to at most limit characters, with an ellipsis where
// something is missing.
func Cut(text string, limit int) string {
	if limit <= 0 {
		return text
	}
	runes := []rune(text)
	if len(runes) <= limit {
		return text
	}
	return string(runes[:limit-1]) + "…"
}
