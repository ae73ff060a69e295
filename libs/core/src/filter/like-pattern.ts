/** One step of a LIKE pattern: exactly this code point, any one (`_`), or any run (`%`). */
type LikeStep = { readonly kind: 'exactly'; readonly character: string } | { readonly kind: 'one' | 'run' };

/** True when the pattern is valid in PostgreSQL: a backslash always has a character to escape. */
export const isLikePattern = (pattern: string): boolean => likeSteps(pattern) !== null;

/**
 * SQL's LIKE with backslash as escape: `%` any run, `_` any one code point, the whole text, case-sensitive.
 *
 * @returns false for an invalid pattern; parsers refuse those.
 */
export function matchesLike(text: string, pattern: string): boolean {
  const steps = likeSteps(pattern);
  if (steps === null) return false;
  const characters = [...text];
  let at = 0;
  let step = 0;
  // Where to go back to: the last run seen, and how much of the text it has taken so far.
  let run: { step: number; at: number } | null = null;
  while (at < characters.length) {
    const current = steps[step];
    if (current?.kind === 'run') {
      run = { step, at };
      step += 1;
    } else if (current !== undefined && accepts(current, characters[at])) {
      at += 1;
      step += 1;
    } else if (run !== null) {
      run = { step: run.step, at: run.at + 1 };
      at = run.at;
      step = run.step + 1;
    } else return false;
  }
  return steps.slice(step).every((rest) => rest.kind === 'run');
}

const accepts = (step: LikeStep, character: string | undefined): boolean =>
  step.kind === 'exactly' ? step.character === character : step.kind === 'one';

function likeSteps(pattern: string): readonly LikeStep[] | null {
  const characters = [...pattern];
  const steps: LikeStep[] = [];
  for (let index = 0; index < characters.length; index += 1) {
    const character = characters[index] ?? '';
    if (character === '\\') {
      index += 1;
      const escaped = characters[index];
      if (escaped === undefined) return null;
      steps.push({ kind: 'exactly', character: escaped });
    } else if (character === '%') steps.push({ kind: 'run' });
    else if (character === '_') steps.push({ kind: 'one' });
    else steps.push({ kind: 'exactly', character });
  }
  return steps;
}
