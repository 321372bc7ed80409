package detect

// Families of signals: those that one cause brings about together.
const (
	order   = "order"  // who comes together: people of a village, who share a phone too
	pace    = "pace"   // a machine, or somebody alone with a pile of cards
	hours   = "hours"  // when it sells
	clocks  = "clocks" // what its clock does
	syncs   = "syncs"  // no network, a flood
	factor  = "factor" // secrets and PINs
	way     = "way"    // from the point to the shop
	hands   = "hands"  // who comes
	staff   = "staff"
	report  = "report"
	papers  = "papers" // stubs
	waits   = "waits"  // cards that lay about
	voices  = "voices"
	company = "company" // who comes with whom
	phones  = "phones"  // of the list
	values  = "values"  // of the cards
	goods   = "goods"
	handed  = "handed" // how cards were handed over
	spares  = "spares"
	choice  = "choice" // of a shop
	listed  = "listed" // how they came on the list
)

// signal makes a detector of marks; they all say and ask the same.
func signal(name, family string, looks, clears Text, needs string, mark func(*run, marks)) Detector {
	return Detector{Name: name, Family: family, Looks: looks, Clears: clears, Needs: needs, mark: mark, Says: Text{
		"{n} sales, worth {value}: " + looks.EN + ". Other traders of the zone have fewer. Alone this proves nothing.",
		"{n} ventes, pour {value} : " + looks.FR + ". Les autres commerçants de la zone en ont moins. Seul, cela ne prouve rien."}}
}

// signals in the order in which reports list them. A new one joins here.
var signals = []Detector{
	signal("list-order", order, Text{"cards sold in the order of the list", "des cartes vendues dans l'ordre de la liste"},
		Text{"People were called by the list, and others saw it.", "Les gens ont été appelés selon la liste, devant témoins."}, "", listOrder),
	signal("neighbours", order, Text{"cards sold one after another that stand side by side in the list", "des cartes vendues à la suite et voisines dans la liste"},
		Text{"A village that came together; its people say so.", "Un village venu ensemble ; ses habitants le disent."}, "", neighbours),
	signal("fast-sales", pace, Text{"sales within seconds of each other", "des ventes à quelques secondes d'intervalle"},
		Text{"Two people at the counter; goods packed beforehand.", "Deux personnes au comptoir ; des marchandises préparées."}, "", fast),
	signal("even-gaps", pace, Text{"sales that follow each other like the ticks of a clock", "des ventes régulières comme une horloge"},
		Text{"A queue that somebody let in one by one, and others saw it.", "Une file réglée personne par personne, devant témoins."}, "", evenGaps),
	signal("night-sales", hours, Text{"sales at night", "des ventes de nuit"},
		Text{"Ramadan, heat, or an unsafe road by day.", "Le ramadan, la chaleur, ou une route dangereuse le jour."}, "", atHours(knowsClock, atNight)),
	signal("off-market", hours, Text{"sales on days without a market", "des ventes hors des jours de marché"},
		Text{"A shop that is open every day.", "Une boutique ouverte tous les jours."}, "a calendar", atHours(knowsMarket, offMarket)),
	signal("rare-hours", hours, Text{"sales when hardly anybody of the zone sells", "des ventes quand presque personne ne vend dans la zone"},
		Text{"Neighbours of the shop who saw its customers.", "Des voisins de la boutique qui ont vu ses clients."}, "", rareHours),
	signal("clock-backwards", clocks, Text{"a handheld's clock that goes back between sales", "une horloge de terminal qui recule entre les ventes"},
		Text{"A flat battery; the handheld at the office.", "Une batterie vide ; le terminal au bureau."}, "", backwards),
	signal("late-sync", syncs, Text{"receipts kept for days and sent just before the claim", "des reçus gardés des jours et envoyés juste avant la demande"},
		Text{"No network where the trader was; others there had none either.", "Pas de réseau sur place ; les autres n'en avaient pas non plus."}, "", each(knowsArrival, late)),
	signal("rules-let-pass", syncs, Text{"sales in which the handheld let a rule of the zone pass", "des ventes où le terminal a laissé passer une règle de la zone"},
		Text{"The same as for late receipts.", "Comme pour les reçus tardifs."}, "", each(knowsArrival, func(_ *run, x Record) bool { return !x.Kept })),
	signal("no-factor", factor, Text{"sales without a full secret or PIN", "des ventes sans secret ni code complet"},
		Text{"Labels that cannot be scratched or read; the stubs.", "Des pastilles illisibles ; les souches."}, "", each(always, func(_ *run, x Record) bool { return !x.Full })),
	signal("wrong-pins", factor, Text{"sales after several wrong PINs", "des ventes après plusieurs codes faux"},
		Text{"Old people who come back and say so.", "Des personnes âgées qui reviennent et le disent."}, "", each(always, func(r *run, x Record) bool { return int(x.Wrong) >= r.WrongMin })),
	signal("far-too-soon", way, Text{"cards sold so soon after hand-over that nobody could have come that far", "des cartes vendues trop tôt après la remise pour la distance"},
		Text{"A mobile shop at the point that was not announced.", "Une boutique mobile non annoncée au point de distribution."}, "", atHours(knowsWay, tooSoon)),
	signal("shared-phone", order, Text{"households that share one phone with many others", "des ménages qui partagent un téléphone avec beaucoup d'autres"},
		Text{"The only phone of a village; visits to the households.", "Le seul téléphone d'un village ; des visites aux ménages."}, "", sharedPhones),
	signal("one-collector", hands, Text{"one person who collects for many households", "une personne qui retire pour beaucoup de ménages"},
		Text{"Households that say whom they sent, and have the goods.", "Des ménages qui disent qui ils ont envoyé et ont les marchandises."}, "", oneCollector),
	signal("staff-and-trader", staff, Text{"households of one team of staff that buy at one trader", "des ménages d'une même équipe qui achètent chez un même commerçant"},
		Text{"The only shop near; visits to the households.", "La seule boutique proche ; des visites aux ménages."}, "", staffVendor),
	signal("one-person", staff, Text{"households that one person registered and verified alone", "des ménages enregistrés et vérifiés par une seule personne"},
		Text{"Sheets signed by a second person at the time.", "Des fiches signées par une seconde personne à l'époque."}, "", each(knowsStaff, onePerson)),
	signal("around-report", report, Text{"cards sold around the time of their reported loss", "des cartes vendues vers le moment de l'annonce de leur perte"},
		Text{"The household says that it bought, and lost the card then.", "Le ménage dit avoir acheté, puis perdu la carte."}, "", each(always, afterReport)),
	signal("from-afar", order, Text{"customers from farther away than nearly all others", "des clients venus de plus loin que presque tous les autres"},
		Text{"A village whose own shop has closed; its people say so.", "Un village dont la boutique a fermé ; ses habitants le disent."}, "", rare(cameFrom)),
	signal("long-unsold", waits, Text{"cards that were sold longer after hand-over than nearly all others", "des cartes vendues plus longtemps après la remise que presque toutes les autres"},
		Text{"People who were away, and say so.", "Des personnes absentes, qui le disent."}, "", rare(waited)),
	signal("before-hand-over", handed, Text{"cards sold before they were handed over", "des cartes vendues avant leur remise"},
		Text{"A hand-over that was recorded late.", "Une remise enregistrée en retard."}, "", each(knowsHandOver, beforeHandOver)),
	signal("stubs-beside-handheld", papers, Text{"typed stubs of a trader who has a handheld", "des souches saisies d'un commerçant qui a un terminal"},
		Text{"A handheld that was broken on those days.", "Un terminal en panne ces jours-là."}, "", each(knowsHandheld, besideHandheld)),
	signal("crowd", pace, Text{"many sales at once to people of different villages", "beaucoup de ventes à la fois à des gens de villages différents"},
		Text{"A delivery or a fair day that others of the place remember.", "Un arrivage ou un jour de foire dont d'autres se souviennent."}, "", crowds),
	signal("same-company", company, Text{"people of different villages served together who were served together the last time", "des gens de villages différents servis ensemble, comme la dernière fois"},
		Text{"Families who travel together, and say so.", "Des familles qui voyagent ensemble et le disent."}, "", sameCompany),
	signal("village-at-once", order, Text{"neighbours in the list whose cards were sold within minutes, at whatever shops", "des voisins de liste dont les cartes sont vendues en quelques minutes, dans n'importe quelle boutique"},
		Text{"A village that came together; its people say so.", "Un village venu ensemble ; ses habitants le disent."}, "", atOnce),
	signal("phone-elsewhere", phones, Text{"households whose phone is also that of a household of another village", "des ménages dont le téléphone est aussi celui d'un ménage d'un autre village"},
		Text{"Relatives with one phone; visits to both households.", "Des parents qui partagent un téléphone ; des visites aux deux ménages."}, "", elsewhere),
	signal("one-buyer", hands, Text{"cards of different villages with one phone or collector, sold within minutes", "des cartes de villages différents, d'un même téléphone ou mandataire, vendues en quelques minutes"},
		Text{"Relatives who go to the market together.", "Des parents qui vont ensemble au marché."}, "", oneBuyer),
	signal("same-basket", goods, Text{"baskets that are line by line those of the sale before or after", "des paniers identiques, ligne par ligne, à ceux de la vente voisine"},
		Text{"A kit that the programme agreed on; the goods book.", "Un lot convenu avec le programme ; le cahier des marchandises."}, "", sameBasket),
	signal("late-hours", hours, Text{"sales in hours of the day in which hardly anybody of the zone sells", "des ventes à des heures où presque personne ne vend dans la zone"},
		Text{"A shop that opens early or late; its neighbours know.", "Une boutique qui ouvre tôt ou tard ; les voisins le savent."}, "", lateHours),
	signal("in-one-go", handed, Text{"cards that were handed over in one go with those of many households", "des cartes remises d'un coup avec celles de beaucoup de ménages"},
		Text{"Staff who handed over on paper and wrote it down later.", "Une équipe qui a remis sur papier et saisi plus tard."}, "", inOneGo),
	signal("handed-apart", handed, Text{"cards that were handed over on another day than most of their village's", "des cartes remises un autre jour que la plupart de celles de leur village"},
		Text{"People who were ill or away that day, and say so.", "Des personnes malades ou absentes ce jour-là, qui le disent."}, "", handedApart),
	signal("third-party", hands, Text{"cards that somebody else took for the household", "des cartes prises par un tiers pour le ménage"},
		Text{"Households that say whom they sent, and have the goods.", "Des ménages qui disent qui ils ont envoyé et ont les marchandises."}, "", each(knowsTaker, byThird)),
	signal("spares", spares, Text{"cards that replace others", "des cartes qui en remplacent d'autres"},
		Text{"Households that say that they lost a card.", "Des ménages qui disent avoir perdu une carte."}, "", each(always, replaced)),
	signal("high-values", values, Text{"cards of the highest values of the point", "des cartes des plus fortes valeurs du site"},
		Text{"Large households who say that they bought there.", "De grands ménages qui disent y avoir acheté."}, "", valuable),
	signal("soon-sold", waits, Text{"cards that were sold sooner after hand-over than nearly all others", "des cartes vendues plus tôt après la remise que presque toutes les autres"},
		Text{"A shop beside the point.", "Une boutique à côté du site."}, "", rare(quickly)),
	signal("unreached", voices, Text{"households that nobody reaches by phone", "des ménages que personne ne joint au téléphone"},
		Text{"No network there; visits to the households.", "Pas de réseau là-bas ; des visites aux ménages."}, "", unreached),
	signal("complained", voices, Text{"sales that were complained about", "des ventes qui ont fait l'objet de plaintes"},
		Text{"Answers to the complaints that satisfy those who made them.", "Des réponses qui satisfont les plaignants."}, "", complained),
	signal("denied", voices, Text{"households that say that they did not receive", "des ménages qui disent n'avoir pas reçu"},
		Text{"A second call by somebody else.", "Un second appel par une autre personne."}, "", denied),
	signal("unlikely-customer", choice, Text{"people who would hardly have chosen this shop, by their habits and their village's", "des gens qui n'auraient guère choisi cette boutique, selon leurs habitudes et celles de leur village"},
		Text{"A new shop, a better price; people who say why they came.", "Une nouvelle boutique, un meilleur prix ; des gens qui disent pourquoi ils sont venus."}, "", unlikely),
	signal("burst", pace, Text{"several sales within minutes, to people of different villages, at a quiet hour", "plusieurs ventes en quelques minutes à des gens de villages différents, à une heure calme"},
		Text{"A bus or a cart that brought them together.", "Un car ou une charrette qui les a amenés ensemble."}, "", bursts),
	signal("out-of-place", listed, Text{"households that somebody else registered than their neighbours in the list", "des ménages enregistrés par une autre personne que leurs voisins de liste"},
		Text{"People who came back later; visits to the households.", "Des personnes revenues plus tard ; des visites aux ménages."}, "", outOfPlace),
	signal("newcomers", listed, Text{"households that bought nothing in the round before", "des ménages qui n'ont rien acheté au tour précédent"},
		Text{"Households that came on the list since; visits to them.", "Des ménages inscrits depuis ; des visites chez eux."}, "", each(knowsHabit, newcomers)),
	signal("one-phone-together", order, Text{"three cards or more with one phone, sold by one shop within an hour", "trois cartes ou plus d'un même téléphone, vendues par une boutique en une heure"},
		Text{"Brothers who came together; visits to the households.", "Des frères venus ensemble ; des visites aux ménages."}, "", brought(phoneOf)),
	signal("one-hand-together", hands, Text{"three cards or more that one person brought, sold by one shop within an hour", "trois cartes ou plus apportées par une personne, vendues par une boutique en une heure"},
		Text{"Households that say whom they sent, and have the goods.", "Des ménages qui disent qui ils ont envoyé et ont les marchandises."}, "", brought(handOf)),
	signal("own-rhythm", hours, Text{"sales at times at which the other shops of the point sell little", "des ventes à des moments où les autres boutiques du site vendent peu"},
		Text{"A shop that opens when others are closed; its neighbours know.", "Une boutique ouverte quand les autres sont fermées ; les voisins le savent."}, "", ownRhythm),
}
