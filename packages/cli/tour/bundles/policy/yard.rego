# METADATA
# title: Who may open the yard
package yard

default allow := false

allow if {
	input.badge in data.badges
	input.pin == data.badge_pins[input.badge]
}
