import fc from 'fast-check';
import { serverSentEvent, wholeCharacters } from './log-text.js';

describe('wholeCharacters', () => {
  it('cuts a text into pieces that each end with a whole character and together are the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 4, max: 9 }), (text, size) => {
        const bytes = Buffer.from(text, 'utf8');
        let read = '';
        let offset = 0;
        while (offset < bytes.length) {
          const piece = bytes.subarray(offset, offset + size);
          const whole = wholeCharacters(piece);
          expect(whole).toBeGreaterThan(0);
          read += piece.subarray(0, whole).toString('utf8');
          offset += whole;
        }
        expect(read).toBe(bytes.toString('utf8'));
      }),
    );
  });

  it('never holds back more than three bytes, UTF-8 or not', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 20 }), (bytes) => {
        const held = bytes.length - wholeCharacters(bytes);
        expect(held >= 0 && held <= 3).toBe(true);
      }),
    );
  });
});

describe('serverSentEvent', () => {
  it('keeps line ends of the data out of the event', () => {
    expect(serverSentEvent({ name: 'log', id: 7, data: { text: 'a\r\nb\u2028' } })).toBe(
      'event: log\nid: 7\ndata: {"text":"a\\r\\nb\u2028"}\n\n',
    );
  });
});
