/// JSON without the spaces between its tokens.
package func compact(_ json: String) -> String {
  var result = ""
  var isText = false
  var isEscaped = false
  for character in json {
    if !isText, character.isWhitespace { continue }
    if character == "\"", !isEscaped { isText.toggle() }
    isEscaped = character == "\\" && !isEscaped
    result.append(character)
  }
  return result
}
