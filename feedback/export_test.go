package feedback

// SlipNumber is for tests that make numbers up.
var SlipNumber = slipNumber
