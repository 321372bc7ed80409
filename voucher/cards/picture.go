package cards

// picture is the drawing that stands for a PIN's digit. A person who does not
// read digits says "sun, fish, key…" and the shop's handheld shows the same
// ten drawings. They are things of every village, told apart by outline alone,
// and none belongs to a religion.
type picture struct {
	fr, en string
	draw   func(pen)
}

// pictures are the ten, by digit.
var pictures = [10]picture{
	{"soleil", "sun", drawSun},
	{"arbre", "tree", drawTree},
	{"poisson", "fish", drawFish},
	{"maison", "house", drawHouse},
	{"clé", "key", drawKey},
	{"tambour", "drum", drawDrum},
	{"marmite", "pot", drawPot},
	{"daba", "hoe", drawHoe},
	{"échelle", "ladder", drawLadder},
	{"pirogue", "boat", drawBoat},
}

func drawSun(p pen) {
	p.ink()
	p.disc(12, 12, 5)
	for _, r := range [][4]float64{
		{12, 1.5, 12, 4.5}, {12, 19.5, 12, 22.5}, {1.5, 12, 4.5, 12}, {19.5, 12, 22.5, 12},
		{4.6, 4.6, 6.7, 6.7}, {17.3, 17.3, 19.4, 19.4}, {4.6, 19.4, 6.7, 17.3}, {17.3, 6.7, 19.4, 4.6},
	} {
		p.line(2, r[:]...)
	}
}

func drawTree(p pen) {
	p.ink()
	p.disc(12, 7, 5.6)
	p.disc(6.6, 10.4, 4.4)
	p.disc(17.4, 10.4, 4.4)
	p.area(10.6, 11, 13.4, 11, 13.8, 21, 16.4, 23, 7.6, 23, 10.2, 21)
}

func drawFish(p pen) {
	p.ink()
	p.oval(10.2, 12, 8.4, 5.4)
	p.area(16, 12, 23, 6.2, 21.4, 12, 23, 17.8)
	p.area(8, 7.6, 14.5, 4.2, 14, 8.6)
	p.paper()
	p.disc(5.8, 10.6, 1.2)
	p.line(0.9, 9.4, 8.6, 10.6, 12, 9.4, 15.4)
}

func drawHouse(p pen) {
	p.ink()
	p.area(12, 1.6, 23, 11.4, 1, 11.4)
	p.box(4, 10.8, 16, 11.7, 0)
	p.paper()
	p.box(9.6, 14.4, 4.8, 8.2, 0)
}

func drawKey(p pen) {
	p.ink()
	p.ring(6.6, 12, 4.2, 2.8)
	p.box(10.8, 10.7, 12, 2.6, 0.6)
	p.box(16.2, 12.4, 2.3, 5, 0.4)
	p.box(20.4, 12.4, 2.3, 4, 0.4)
}

// drawDrum is a djembe.
func drawDrum(p pen) {
	p.ink()
	p.oval(12, 4.2, 8.6, 2.9)
	p.area(3.4, 4.6, 20.6, 4.6, 18.4, 10.4, 14, 14.4, 10, 14.4, 5.6, 10.4)
	p.area(10, 13.8, 14, 13.8, 16.4, 22.6, 7.6, 22.6)
	p.paper()
	p.oval(12, 4.2, 6.6, 1.5)
	p.line(0.9, 5.2, 8.2, 8.6, 12.4, 12, 8.4, 15.4, 12.4, 18.8, 8.2)
}

// drawPot is a cooking pot on its three feet.
func drawPot(p pen) {
	p.ink()
	p.box(3.4, 6.4, 17.2, 2.6, 1)
	p.area(4.6, 8.6, 19.4, 8.6, 20.8, 12.4, 20, 16.4, 16.8, 19.4, 7.2, 19.4, 4, 16.4, 3.2, 12.4)
	p.line(1.9, 7.4, 18.6, 5.6, 22.4)
	p.line(1.9, 16.6, 18.6, 18.4, 22.4)
	p.box(9.6, 3.2, 4.8, 2.2, 1)
	p.arc(3.2, 11.4, 2.2, 2.4, 90, 270, 1.4)
	p.arc(20.8, 11.4, 2.2, 2.4, 270, 450, 1.4)
}

func drawLadder(p pen) {
	p.ink()
	p.line(2.1, 7.6, 2, 5.6, 22)
	p.line(2.1, 16.4, 2, 18.4, 22)
	for _, y := range []float64{5.5, 9.8, 14.1, 18.4} {
		p.line(1.9, 7, y, 17, y)
	}
}

// drawBoat is a dugout with a man's pole.
func drawBoat(p pen) {
	p.ink()
	p.line(1.7, 15.8, 1.6, 11, 17)
	p.area(0.8, 11.4, 4.6, 14.2, 19.4, 14.2, 23.2, 11.4, 21.4, 16.6, 18, 18.6, 6, 18.6, 2.6, 16.6)
	p.line(1.3, 1.5, 21.6, 5, 20.8, 8.5, 21.9, 12, 20.9, 15.5, 21.9, 19, 20.8, 22.5, 21.6)
}
