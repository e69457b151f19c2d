// A question back that one word settles; a click says it.
export default function Choice() {
  return (
    <div className="pd-choice" role="group" aria-label={props.question} data-testid="choice">
      <p>{props.question}</p>
      {props.options.map((option) => (
        <button key={option.label} type="button" className="pd-offer" onClick={() => sendUserMessage(option.message)}>
          {option.label}
        </button>
      ))}
    </div>
  )
}
