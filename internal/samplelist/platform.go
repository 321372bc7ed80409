package samplelist

import "strings"

// platformColumns are the columns of a 121 registration file: the template's,
// then the attributes of a programme.
var platformColumns = []column{
	{"referenceId", uuid}, {"programFspConfigurationName", provider}, {"preferredLanguage", language},
	{"paymentAmountMultiplier", multiplier}, {"maxPayments", payments}, {"scope", scope},
	{"fullName", fullName}, {"phoneNumber", phone}, {"gender", sex}, {"age", age},
	{"village", village}, {"totalHHSize", size}, {"nationalId", register},
}

// fillPlatform writes a household as another system exports it: tidy, the
// phone number in international form, the place as scope and village.
func fillPlatform(g *generator, h household, i int) record {
	r := g.common(h, i)
	fam, giv := typedName(g.random(forStyle, i), h)
	r[fullName] = giv + " " + strings.TrimSpace(fam)
	r[sex] = "male"
	if h.woman {
		r[sex] = "female"
	}
	if h.phone != 0 {
		r[phone] = countryCode + r[phone]
	}
	r[scope] = scopeOf(r[cercle]) + "." + scopeOf(r[commune])
	r[uuid], r[provider], r[language] = h.uuid(), "Excel", "fr"
	r[multiplier], r[payments] = "1", "3"
	return r
}

// scopeOf turns a place name into a part of a 121 scope.
func scopeOf(name string) string {
	return strings.ReplaceAll(strings.ToLower(withoutAccents.Replace(name)), " ", "-")
}
