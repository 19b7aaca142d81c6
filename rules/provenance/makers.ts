/** Functions whose result is made of their arguments: conversions, and the methods of schemas that check what they are handed. */
export const makers =
  /^(String|Number|Boolean|BigInt|parseInt|parseFloat|decodeURIComponent|encodeURIComponent|parse|safeParse|parseAsync|safeParseAsync|validate|validateAsync|validateSync|decode|keys|values|entries|from|fromEntries|stringify|assign|cast|unescape|escape|normalize|isArray|floor|ceil|round|min|max|abs)$/
