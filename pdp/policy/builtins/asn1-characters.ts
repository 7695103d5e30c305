/** ASCII, one character a byte. */
export const isIa5 = (text: string): boolean => !/[^\u0000-\u007f]/.test(text)

/** PrintableString, with `*` and `&`, which certificates have although they may not. */
export const isPrintable = (text: string): boolean => /^[A-Za-z0-9'()+,\-./ :=?*&]*$/.test(text)

export const isNumeric = (text: string): boolean => /^[0-9 ]*$/.test(text)
