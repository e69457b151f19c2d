import { useEffect, useRef, useState } from 'react'
import { Send } from 'lucide-react'

// An offer to send the question to whoever keeps the document, and what became of it. What others wrote is shown as text.
const API = '/api/v1/handoffs'

// All offers of a page ask once what has been sent.
const sent = () => {
  const held = window.policydeskHandoffs
  if (held && Date.now() - held.at < 5000) return held.list
  const list = fetch(API).then((reply) => (reply.ok ? reply.json() : { handoffs: [] })).then((body) => body.handoffs)
  window.policydeskHandoffs = { at: Date.now(), list }
  return list
}

export default function Handoff() {
  const words = props.words
  const [open, setOpen] = useState(false)
  const [busy, setBusy] = useState(false)
  const [note, setNote] = useState('')
  const [handoff, setHandoff] = useState(null)
  const [said, setSaid] = useState('')
  const field = useRef(null)
  const offer = useRef(null)
  const status = useRef(null)
  const id = `handoff-${props.offer_id}`

  useEffect(() => {
    let here = true
    sent()
      .then((list) => list.find((each) => each.offer_id === props.offer_id))
      .then((found) => here && found && setHandoff(found))
      .catch(() => {})
    return () => { here = false }
  }, [props.offer_id])

  useEffect(() => { if (open && field.current) field.current.focus() }, [open])

  const leave = () => {
    setOpen(false)
    setTimeout(() => offer.current && offer.current.focus(), 0)
  }

  // What the server says is in English. Offers kept by earlier releases have a place for it.
  const failed = (status) => (words[`failed_${status}`] || words.failed).replace(': {reason}', '.')

  const ended = (text) => {
    setSaid(text)
    setTimeout(() => status.current && status.current.focus(), 0)
  }

  const send = async (consent) => {
    setBusy(true)
    setSaid('')
    try {
      const reply = await fetch(API, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({
          question: props.question, owner: props.owner, passage_ids: props.passage_ids, offer_id: props.offer_id,
          note: note || null, consent
        })
      })
      if (reply.ok) {
        const body = await reply.json()
        window.policydeskHandoffs = null
        setHandoff(body)
        setOpen(false)
        ended('')
      } else setSaid(failed(reply.status))
    } catch {
      setSaid(failed(0))
    }
    setBusy(false)
  }

  const withdraw = async () => {
    try {
      const reply = await fetch(`${API}/${handoff.handoff_id}`, { method: 'DELETE' })
      if (!reply.ok) return setSaid(failed(reply.status))
      window.policydeskHandoffs = null
      setHandoff({ state: 'withdrawn' })
      ended('')
    } catch {
      setSaid(failed(0))
    }
  }

  if (handoff) {
    const lead = { open: handoff.code ? words.code : words.sent, answered: words.answered, closed: words.closed, withdrawn: words.withdrawn }
    return (
      <div className="pd-handoff pd-handoff-state" data-testid="handoff-state">
        <p role="status" tabIndex={-1} ref={status}>{lead[handoff.state]}</p>
        {handoff.code ? <p><code className="pd-code" data-testid="handoff-code">{handoff.code}</code></p> : null}
        {handoff.answer ? <blockquote className="pd-reply">{handoff.answer}</blockquote> : null}
        {handoff.state === 'withdrawn' || handoff.code ? null : (
          <button type="button" className="pd-plain" onClick={withdraw}>{words.withdraw}</button>
        )}
        {said ? <p role="alert">{said}</p> : null}
      </div>
    )
  }
  if (!open) {
    return (
      <button type="button" ref={offer} className={props.refused ? 'pd-offer' : 'pd-offer pd-quiet'} data-testid="handoff-offer"
        aria-expanded="false" onClick={() => setOpen(true)}>
        <Send size={15} aria-hidden="true" /> {props.refused ? words.offer : words.offer_answered}
      </button>
    )
  }
  return (
    <form className="pd-handoff" data-testid="handoff-form" aria-labelledby={`${id}-title`}
      onSubmit={(event) => { event.preventDefault(); send(props.named) }}
      onKeyDown={(event) => { if (event.key === 'Escape') { event.stopPropagation(); leave() } }}>
      <p id={`${id}-title`} className="pd-handoff-title">{words.title}</p>
      <p>{words.what}</p>
      <label htmlFor={`${id}-note`}>{words.note}</label>
      <textarea id={`${id}-note`} ref={field} rows={3} maxLength={2000} value={note} placeholder={words.note_hint}
        onChange={(event) => setNote(event.target.value)} />
      <div className="pd-choices">
        {props.named ? (
          <button type="submit" className="pd-primary" disabled={busy} aria-describedby={`${id}-named`}>{words.send}</button>
        ) : null}
        <button type={props.named ? 'button' : 'submit'} className={props.named ? '' : 'pd-primary'} disabled={busy}
          aria-describedby={`${id}-unnamed`} onClick={props.named ? () => send(false) : undefined}>{words.send_unnamed}</button>
        <button type="button" className="pd-plain" onClick={leave}>{words.cancel}</button>
      </div>
      {props.named ? <p id={`${id}-named`} className="pd-hint">{words.send}: {words.send_hint}</p> : null}
      <p id={`${id}-unnamed`} className="pd-hint">{words.send_unnamed}: {words.send_unnamed_hint}</p>
      {said ? <p role="alert">{said}</p> : null}
    </form>
  )
}
