import type { MessageRecord } from './records.ts'

/**
 * The reaction of the same kind. U+FE0F asks for the coloured picture of the same emoji, and clients differ in whether they
 * send it; the spelling that came first is the one that is stored and shown.
 */
export function findReaction(reactions: MessageRecord['reactions'], emoji: string) {
  return reactions.find(reaction => emojiKey(reaction.emoji) === emojiKey(emoji))
}

function emojiKey(emoji: string): string {
  return emoji.normalize('NFC').replaceAll('\u{fe0f}', '')
}
