/* The words of the English–French grammar, with every form that agreement asks for. */

export interface Noun {
  /** Singular, plural. */
  readonly english: readonly [string, string]
  readonly french: readonly [string, string]
  readonly feminine: boolean
}

export interface Adjective {
  readonly english: string
  /** Masculine, feminine, masculine plural, feminine plural. */
  readonly french: readonly [string, string, string, string]
  /** Whether it stands before the noun, as few do in French. */
  readonly before: boolean
}

export interface Verb {
  /** Bare, third person singular. */
  readonly english: readonly [string, string]
  /** je, tu, il, nous, vous, ils. */
  readonly french: readonly [string, string, string, string, string, string]
}

const noun = (
  english: string,
  french: string,
  feminine: boolean,
  plurals: [english?: string | undefined, french?: string] = [],
): Noun => ({
  english: [english, plurals[0] ?? `${english}s`],
  french: [french, plurals[1] ?? `${french}s`],
  feminine,
})

export const nouns: readonly Noun[] = [
  noun('cat', 'chat', false),
  noun('dog', 'chien', false),
  noun('bird', 'oiseau', false, [undefined, 'oiseaux']),
  noun('horse', 'cheval', false, [undefined, 'chevaux']),
  noun('man', 'homme', false, ['men']),
  noun('boy', 'garçon', false),
  noun('friend', 'ami', false),
  noun('teacher', 'professeur', false),
  noun('tree', 'arbre', false),
  noun('woman', 'femme', true, ['women']),
  noun('girl', 'fille', true),
  noun('house', 'maison', true),
  noun('car', 'voiture', true),
  noun('school', 'école', true),
  noun('island', 'île', true),
  noun('queen', 'reine', true),
  noun('mouse', 'souris', true, ['mice', 'souris']),
  noun('student', 'étudiante', true),
]

const regular = (english: string, french: string, before = false): Adjective => ({
  english,
  french: [french, `${french}e`, `${french}s`, `${french}es`],
  before,
})
const unchanged = (english: string, french: string, before = false): Adjective => ({
  english,
  french: [french, french, `${french}s`, `${french}s`],
  before,
})

export const adjectives: readonly Adjective[] = [
  regular('small', 'petit', true),
  regular('big', 'grand', true),
  unchanged('young', 'jeune', true),
  regular('pretty', 'joli', true),
  { english: 'bad', french: ['mauvais', 'mauvaise', 'mauvais', 'mauvaises'], before: true },
  regular('black', 'noir'),
  { english: 'white', french: ['blanc', 'blanche', 'blancs', 'blanches'], before: false },
  unchanged('red', 'rouge'),
  regular('green', 'vert'),
  unchanged('quiet', 'tranquille'),
  regular('intelligent', 'intelligent'),
  { english: 'happy', french: ['heureux', 'heureuse', 'heureux', 'heureuses'], before: false },
  { english: 'French', french: ['français', 'française', 'français', 'françaises'], before: false },
]

const er = (english: [string, string], stem: string): Verb => ({
  english,
  french: [`${stem}e`, `${stem}es`, `${stem}e`, `${stem}ons`, `${stem}ez`, `${stem}ent`],
})

export const verbs: readonly Verb[] = [
  er(['watch', 'watches'], 'regard'),
  er(['love', 'loves'], 'aim'),
  er(['look for', 'looks for'], 'cherch'),
  er(['find', 'finds'], 'trouv'),
  er(['draw', 'draws'], 'dessin'),
  er(['listen to', 'listens to'], 'écout'),
  { english: ['see', 'sees'], french: ['vois', 'vois', 'voit', 'voyons', 'voyez', 'voient'] },
  {
    english: ['know', 'knows'],
    french: ['connais', 'connais', 'connaît', 'connaissons', 'connaissez', 'connaissent'],
  },
  { english: ['follow', 'follows'], french: ['suis', 'suis', 'suit', 'suivons', 'suivez', 'suivent'] },
  {
    english: ['wait for', 'waits for'],
    french: ['attends', 'attends', 'attend', 'attendons', 'attendez', 'attendent'],
  },
  { english: ['hear', 'hears'], french: ['entends', 'entends', 'entend', 'entendons', 'entendez', 'entendent'] },
]

/** `person` is the place of the verb's form. */
export const subjectPronouns = [
  { english: 'I', french: 'je', person: 0 },
  { english: 'he', french: 'il', person: 2 },
  { english: 'she', french: 'elle', person: 2 },
  { english: 'we', french: 'nous', person: 3 },
  { english: 'you', french: 'vous', person: 4 },
  { english: 'they', french: 'ils', person: 5 },
]

export const objectPronouns = [
  { english: 'me', french: 'me', person: 0 },
  { english: 'him', french: 'le', person: 2 },
  { english: 'her', french: 'la', person: 2 },
  { english: 'us', french: 'nous', person: 3 },
  { english: 'you', french: 'vous', person: 4 },
  { english: 'them', french: 'les', person: 5 },
]
