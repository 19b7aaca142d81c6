/** Name of a column or relation that a hole of a template gives. It cannot be mistaken for a real one. */
export const holeName = (hole: number): string => `\${${hole}}`

/** Is this name given by a hole? Then it may be any name, or several. */
export const isHoleName = (name: string): boolean => /^\$\{\d+\}$/.test(name)

/** Is part of this name given by a hole? Then no name that is written down is known to be it. */
export const holdsHole = (name: string): boolean => /\$\{\d+\}/.test(name)
