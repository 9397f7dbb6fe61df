package stock

// deliberate lists every difference from the stock CLI that is on purpose.
var deliberate = []Deliberate{}
