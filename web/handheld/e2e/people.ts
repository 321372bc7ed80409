// The households of the tests' list. Their names, telephones and villages are looked for on every handheld, where they must not be.

export interface Household {
  family: string;
  first: string;
  phone: string;
  village: string;
  site: string;
  size: number;
}

const families = ['Traoré', 'Keïta', 'Diallo', 'Coulibaly', 'Sangaré', 'Konaté', 'Dembélé', 'Cissé', 'Touré', 'Maïga'];
const firsts = ['Aminata', 'Moussa', 'Binta', 'Oumar', 'Fatoumata', 'Seydou', 'Kadiatou'];
const villages = ['Sévaré', 'Fatoma', 'Konna', 'Soufouroulaye'];

/** Where cards are handed over, by the point's code. */
export const sites = { p1: 'Sévaré centre', p2: 'Fatoma marché' };

export const households: Household[] = Array.from({ length: 60 }, (_, i) => ({
  family: families[i % families.length]!,
  first: `${firsts[i % firsts.length]!} ${firsts[(i + 3) % firsts.length]!}`,
  phone: `76 ${String(100000 + i * 7919).slice(0, 6).replace(/(..)(?=.)/g, '$1 ')}`,
  village: villages[i % villages.length]!,
  site: i < 56 ? sites.p1 : sites.p2,
  size: 4,
}));

/** The list as the office gets it. */
export function listCSV(): string {
  return 'Nom;Prénom;Téléphone;Village;Site de distribution;Taille du ménage\n' +
    households.map((h) => [h.family, h.first, h.phone, h.village, h.site, h.size].join(';')).join('\n') + '\n';
}
