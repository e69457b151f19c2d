import { useEffect, useRef } from 'react'
import { FileText } from 'lucide-react'
import { useSetRecoilState } from 'recoil'
import { sideViewState } from '@chainlit/react-client'

// A passage with the cited words marked. All of it is text: nothing in a document becomes markup here.
export default function Citation() {
  const setSideView = useSetRecoilState(sideViewState)
  const article = useRef(null)

  // On a wide window the panel stands beside the conversation: only this leads there who uses the keyboard or hears the page.
  useEffect(() => {
    const held = window.policydeskPanel
    if (!held || !held.fresh || !article.current) return
    held.fresh = false
    article.current.focus({ preventScroll: true })
  }, [])

  useEffect(() => {
    const leave = (event) => {
      const content = article.current && article.current.closest('#side-view-content')
      if (event.key === 'Escape' && content && content.parentElement.contains(event.target)) setSideView(undefined)
    }
    document.addEventListener('keydown', leave)
    return () => document.removeEventListener('keydown', leave)
  }, [])

  return (
    <article ref={article} tabIndex={-1} className="pd-source" data-testid="citation" aria-label={props.name || `Source ${props.number}`}>
      <header>
        <h2>{props.title}</h2>
        {props.section ? <p className="pd-path">{props.section}</p> : null}
      </header>
      <ul className="pd-facts">
        {props.facts.map((fact) => (
          <li key={fact.text} className={fact.old ? 'pd-old' : undefined}>{fact.text}</li>
        ))}
      </ul>
      <p className={props.is_table ? 'pd-passage pd-table' : 'pd-passage'}>
        {props.before}
        <mark data-testid="cited">{props.quote}</mark>
        {props.after}
      </p>
      <a className="pd-open" href={props.original_url} target="_blank" rel="noopener noreferrer">
        <FileText size={16} aria-hidden="true" /> {props.original_label}
      </a>
      <p className="pd-foot">{[props.file, props.keeper].filter(Boolean).join(' · ')}</p>
    </article>
  )
}
