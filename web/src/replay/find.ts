/** Where a text occurs in lines, whatever its case and accents. Pure. */

/** UTF-16 units [from, to) of line `line`. */
export interface Hit {
  line: number;
  from: number;
  to: number;
}

interface Folded {
  text: string;
  /** For each unit of `text`: the unit of the original that it comes from, and the original's length at the end. */
  from: number[];
}

/** All places of `text`, in order. White space is any white space. */
export function find(lines: readonly string[], text: string): Hit[] {
  const wanted = folded(text.trim().replace(/\s+/gu, " ")).text;
  if (wanted === "") return [];
  return lines.flatMap((line, index) => {
    const hits: Hit[] = [];
    const own = folded(line.replace(/\s/gu, " "));
    for (let at = own.text.indexOf(wanted); at >= 0; at = own.text.indexOf(wanted, at + wanted.length)) {
      hits.push({ line: index, from: own.from[at]!, to: own.from[at + wanted.length]! });
    }
    return hits;
  });
}

function folded(text: string): Folded {
  if (/^[\x20-\x7e]*$/.test(text)) return { text: text.toLowerCase(), from: Array.from({ length: text.length + 1 }, (_, i) => i) };
  let out = "";
  const from: number[] = [];
  let unit = 0;
  for (const point of text) {
    const plain = point.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
    for (let i = 0; i < plain.length; i += 1) from.push(unit);
    out += plain;
    unit += point.length;
  }
  return { text: out, from: [...from, unit] };
}
