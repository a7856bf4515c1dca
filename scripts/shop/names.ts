type Names = readonly [string, ...string[]];

/** Where customers live. `region` is what parcels are priced by. */
export interface Place {
  country: string;
  region: string;
  dial: string;
  cities: Names;
  given: Names;
  family: Names;
}

/** Right-to-left scripts, emoji, accents, quotes and a backslash: all of them are names that people have given a shop. */
export const PLACES: readonly [Place, ...Place[]] = [
  {
    country: "ES",
    region: "iberia",
    dial: "34",
    cities: ["Madrid", "València", "A Coruña", "L'Hospitalet"],
    given: ["Lucía", "Íñigo", "María José", "Ñusta"],
    family: ["Núñez", "García Lorca", "d'Ors", "Güell"],
  },
  {
    country: "PT",
    region: "iberia",
    dial: "351",
    cities: ["Lisboa", "Évora"],
    given: ["João", "Inês"],
    family: ["Gonçalves", "Simões"],
  },
  {
    country: "DE",
    region: "central",
    dial: "49",
    cities: ["Köln", "München", "Weißenfels"],
    given: ["Jürgen", "Zoë 🦊", "Björn"],
    family: ["Müller-Lüdenscheidt", "Groß", "Öztürk"],
  },
  {
    country: "FR",
    region: "west",
    dial: "33",
    cities: ["Paris", "Nîmes", "Saint-Étienne"],
    given: ["Chloé", "François", "Aïcha"],
    family: ["Lefèvre", "O’Brien", "Bœuf"],
  },
  {
    country: "IL",
    region: "overseas",
    dial: "972",
    cities: ["תל אביב", "חיפה"],
    given: ["נועה", "איתן"],
    family: ["לוי", "בן-דוד"],
  },
  {
    country: "EG",
    region: "overseas",
    dial: "20",
    cities: ["القاهرة", "الإسكندرية"],
    given: ["محمد", "ليلى"],
    family: ["العربي", "عبد الرحمن"],
  },
  {
    country: "JP",
    region: "overseas",
    dial: "81",
    cities: ["東京都", "大阪"],
    given: ["花子", "太郎"],
    family: ["山田", "髙橋"],
  },
  {
    country: "US",
    region: "overseas",
    dial: "1",
    cities: ["Portland", "New York"],
    given: ["Sam 👩🏽‍🚀", "Dana", 'Robert "Bob"'],
    family: ["Smith\\Jones", "Nguyễn", "O'Neil"],
  },
];

/** A category, and the one that it belongs to, by its place in this list. */
export const CATEGORIES: readonly (readonly [name: string, parent: number | null])[] = [
  ["Kitchen", null],
  ["Coffee", 0],
  ["Books", null],
  ["Games", 2],
  ["Garden", null],
  ["Tools", 4],
  ["Audio", null],
  ["Cameras", 6],
  ["Shoes", null],
  ["Pets 🐾", null],
];

export const CARRIERS: readonly (readonly [name: string, days: number])[] = [
  ["Correo Rápido", 3],
  ["Nordpost", 4],
  ["Blitzkurier ⚡", 2],
  ["Slow & Sure", 6],
];

export const ADJECTIVES: Names = ["Red", "Silent", "Foldable", "Café", "Ünique", "Tiny", "Grand", "Wooden"];

export const THINGS: readonly [Names, ...Names[]] = [
  ["kettle", "pan", "whisk"],
  ["grinder", "moka pot", "beans"],
  ["novel", "atlas", "poems"],
  ["puzzle", "card deck", "chess set"],
  ["rake", "planter", "hose"],
  ["hammer", "saw", "level"],
  ["speaker", "headphones", "turntable"],
  ["lens", "tripod", "film"],
  ["boots", "sandals", "trainers"],
  ["leash", "cat tree", "bowl"],
];

export const SEGMENTS: readonly [string, ...string[]] = ["consumer", "plus", "business"];

export const REASONS: readonly [string, ...string[]] = [
  "damaged",
  "late",
  "not as described",
  "changed my mind",
];
